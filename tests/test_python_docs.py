"""The code of docs/python.md, run as the cells of a notebook."""

import linecache
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from bench import registry
from bench.attacks import ATTACKS
from bench.registry import plugins
from bench.runner.engines.local import LocalEngine

TEXT = (Path(__file__).parent.parent / "docs" / "python.md").read_text()


@pytest.mark.slow
def test_its_code_runs(tmp_path, monkeypatch):
    plugins("defense")
    known = {kind: dict(found) for kind, found in registry._classes.items()}
    monkeypatch.setattr(registry, "_classes", known)
    main = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # of the store
    monkeypatch.setattr("bench.notebook.engine_of", lambda *_: LocalEngine())  # starts faster
    monkeypatch.chdir(Path(__file__).parent.parent)
    cells = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    for number, source in enumerate(cells):
        name = f"<python.md {number}>"
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        exec(compile(source, name, "exec"), vars(main))
    assert main.run.failures == []
    assert {"posterize:levels=4", "posterize:levels=2"} <= {*main.run.records.defense}
    assert main.released.shape == main.faces.images.shape
    assert len(cells) == 4


def test_it_names_all_attacks():
    assert [*ATTACKS] == re.findall(r"^\| `(\w+)` \| (?:identity|gender) \|", TEXT, re.MULTILINE)
