"""All built-in data sets."""

import subprocess
import sys

from bench.registry import plugins


def test_listing_and_planning_data_sets_does_not_wait_for_torch():
    modules = {plugin.__module__ for plugin in plugins("dataset").values()}
    modules = sorted(name for name in modules if name.startswith("bench.data."))
    assert len(modules) >= 3
    code = f"import sys, {', '.join(modules)}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
