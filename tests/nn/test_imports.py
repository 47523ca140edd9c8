"""Plugins and their bases import torch only where they use it."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["bench.nn.attacker", "defenses.began_cs", "defenses.pprl_vgan"])
def test_torch_is_not_imported(module):
    code = f"import sys, {module}; print({{'torch', 'torchmetrics', 'sklearn'}} & {{*sys.modules}})"
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert found.strip() == "set()"
