"""The code that a key depends on is found by its imports."""

import ast
import importlib.util
import os
import shutil
from pathlib import Path

import pytest

import bench
from bench.registry import KINDS, plugins
from bench.runner import fingerprint
from bench.runner.fingerprint import (
    INFRASTRUCTURE,
    OURS,
    code_of,
    content_of,
    imported_by,
    modules_of,
)
from bench.runner.stage import ACTIONS

ROOT = Path(bench.__file__).parents[1]  # installed, or this checkout
# Which plugins an action runs.
RUN_WITH = {
    "dataset": (
        "load",
        "split",
        "plant_canary",
        "plant_own",
        "plant_trace",
        "shuffle_labels",
        "clean",
    ),
    "defense": ("fit", "protect", "encode", "reencode", "ask_again", "measure", "measure_codes"),
    "attacker": ("attack", "answer"),
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Writes modules of a package `family`; its code is not remembered between tests."""
    monkeypatch.syspath_prepend(tmp_path)
    fingerprint._file_of.cache_clear()

    def write(**sources):
        for name, source in {"__init__": "", **sources}.items():
            path = tmp_path / "family" / f"{name.replace('__in__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)

    yield write
    fingerprint._file_of.cache_clear()


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of our packages that may be edited, as far as the fingerprint can see."""
    for name in OURS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.pyc"))
    original = fingerprint._file_of

    def file_of(module):
        path = original(module)
        return tmp_path / path.relative_to(ROOT) if path.is_relative_to(ROOT) else path

    monkeypatch.setattr(fingerprint, "_file_of", file_of)
    return tmp_path


def family(plugin):
    return plugins("defense")[plugin].__module__


@pytest.mark.parametrize(
    ("module", "action", "kind", "plugin"),
    [
        ("bench/data/openface.py", "load", "dataset", "folder"),
        ("bench/data/synthetic/skin.py", "load", "dataset", "synthetic"),
        ("bench/data/alignment.py", "load", "dataset", "lfw"),
        ("bench/forensics/image_features.py", "measure", "defense", "blur"),
        ("bench/nn/training.py", "attack", "attacker", "cnn"),
        ("bench/runner/actions/protect.py", "encode", "defense", "eigenface"),
        ("defenses/pprl_vgan/losses.py", "fit", "defense", "pprl_vgan"),
        ("bench/faces.py", "split", "dataset", "synthetic"),
    ],
)
def test_code_that_a_result_depends_on_is_in_its_key(module, action, kind, plugin, copied):
    roots = (ACTIONS[action], plugins(kind)[plugin].__module__)
    before = code_of(*roots)
    path = copied / module
    path.write_text(path.read_text() + "\nADDED = 1\n")
    assert code_of(*roots) != before


@pytest.mark.parametrize(
    ("module", "action", "kind", "plugin"),
    [
        ("bench/nn/training.py", "load", "dataset", "folder"),
        ("bench/metrics/intervals.py", "measure", "defense", "blur"),
        ("defenses/pprl_vgan/apply/morph.py", "protect", "defense", "pprl_vgan"),
        ("bench/runner/grid.py", "attack", "attacker", "nearest"),
        ("bench/reports/records.py", "answer", "attacker", "nearest"),
    ],
)
def test_other_code_is_not(module, action, kind, plugin, copied):
    roots = (ACTIONS[action], plugins(kind)[plugin].__module__)
    before = code_of(*roots)
    path = copied / module
    path.write_text(path.read_text() + "\nADDED = 1\n")
    assert code_of(*roots) == before


def test_every_import_of_every_action_and_plugin_is_covered_or_exempt():
    """Whatever module of ours is reached is in the key, or on the list with its reason."""
    for kind, actions in RUN_WITH.items():
        for name, plugin in plugins(kind).items():
            for action in actions:
                covered = modules_of(ACTIONS[action], plugin.__module__)
                for module in covered:
                    reached = {
                        fingerprint._defining(imported, part)
                        for imported, part in fingerprint._source(
                            fingerprint._file_of(module)
                        ).imports
                        if imported.partition(".")[0] in OURS
                    }
                    assert reached <= {*covered, *INFRASTRUCTURE}, (name, action, module)


def test_covered_code_imports_nothing_by_name_at_run_time():
    """`import_module` would hide code from the key."""
    for kind, actions in RUN_WITH.items():
        for plugin in plugins(kind).values():
            for action in actions:
                for module in modules_of(ACTIONS[action], plugin.__module__):
                    source = fingerprint._file_of(module).read_text()
                    assert "import_module" not in source, module
                    assert "__import__" not in source, module


def test_exempt_modules_are_few_and_neither_compute_nor_draw():
    assert len(INFRASTRUCTURE) <= 12
    assert all(INFRASTRUCTURE.values())
    storage = {"save", "load", "ascontiguousarray"}  # as they are
    for module in INFRASTRUCTURE:
        tree = ast.parse(Path(importlib.util.find_spec(module).origin).read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names]
                roots = {(getattr(node, "module", None) or name).split(".")[0] for name in names}
                assert not roots & {"torch", "scipy", "sklearn", "PIL", "random", "secrets"}, module
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert not called.startswith("np.") or called[3:] in storage, (module, called)
                assert "rng" not in called.lower() or called == "_rng", (module, called)


def test_every_package_init_only_re_exports():
    for top in OURS:
        for path in (ROOT / top).rglob("__init__.py"):
            for node in ast.parse(path.read_text()).body:
                docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
                texts = ("__all__", "_NAMES", "_MODULE_OF")
                names = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in texts
                lazy = isinstance(node, ast.FunctionDef) and node.name[:2] == "__"
                checked = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
                imported = isinstance(node, ast.Import | ast.ImportFrom)
                assert docstring or names or lazy or checked or imported, path


def test_imports_lead_through_a_package_to_the_module_that_defines_the_name(package):
    package(__init__="from family.nets import Net", nets="class Net: pass", main="pass")
    package(
        __init__="from family.nets import Net",
        nets="class Net: pass",
        apply="two = 2",
        main="def f():\n    from family import Net\n",
    )
    assert modules_of("family.main") == ("family.main", "family.nets")


def test_an_init_that_defines_a_name_is_refused(package):
    package(__init__="Net = 1", main="from family import Net")
    with pytest.raises(ImportError, match="only re-export"):
        modules_of("family.main")


def test_relative_imports_and_type_checking(package):
    package(
        nets="pass",
        types="pass",
        main="from . import nets\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from family import types\n",
    )
    assert modules_of("family.main") == ("family.main", "family.nets")


def test_formatting_comments_and_docstrings_do_not_count(package):
    package(main='def f():\n    """One."""\n    return 1 + 1  # why\n')
    before = code_of("family.main")
    package(main='def f():\n    """Another text."""\n    return (1 +\n            1)\n')
    assert code_of("family.main") == before
    package(main="def f():\n    return 1 + 2\n")
    assert code_of("family.main") != before


def test_a_replaced_file_is_read_again_even_if_size_and_time_are_the_same(tmp_path):
    file, known = tmp_path / "a.png", tmp_path / "files.json"
    file.write_text("one")
    os.utime(file, (1, 1))
    first = content_of([file], known)
    assert content_of([file], known) == first
    file.write_text("two")
    os.utime(file, (1, 1))
    assert content_of([file], known) != first
    known.write_text("{damaged")
    file.write_text("one")
    assert content_of([file], known) == first


def test_what_a_module_imports_by_way_of_others_is_known():
    assert "torch" in imported_by("attackers.cnn")  # bench.nn.backbones does
    assert "torch" not in imported_by("attackers.knn")


def test_every_kind_is_walked():
    assert {*RUN_WITH, "operation"} == set(KINDS)
    assert {action for actions in RUN_WITH.values() for action in actions} == set(ACTIONS)
