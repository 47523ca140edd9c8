import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import bench
from bench.runner.fingerprint import modules_of


def test_import_is_fast_and_loads_nothing_heavy():
    ask = (
        "import sys, time; start = time.perf_counter(); import bench; "
        "took = time.perf_counter() - start; "
        "print(took < 0.3, {'numpy', 'torch', 'pandas', 'rich'} & {*sys.modules}, "
        "'torch' in sys.modules if bench.Defense and bench.register else None)"
    )
    command = [sys.executable, "-c", ask]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "True set() False\n"


def test_type_checkers_and_programs_see_the_same_names():
    tree = ast.parse(Path(bench.__file__).read_text())
    seen = {
        alias.asname: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    assert {"__version__", *seen} == {*bench.__all__}
    assert {*bench.__all__} <= {*dir(bench)}
    for name, module in seen.items():
        assert getattr(bench, name) is getattr(import_module(module), name)
    assert (Path(bench.__file__).parent / "py.typed").is_file()


def test_version_is_that_of_the_distribution():
    assert bench.__version__.count(".") >= 2


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'runs'"):
        bench.runs  # noqa: B018  # it raises


def test_a_plugin_that_imports_names_from_bench_has_a_key(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "written.py").write_text(
        "from bench import Defense, Faces, nn\nimport bench.memory"
    )
    found = modules_of("written")
    assert found == ("bench.memory", "bench.nn", "written")
