"""What may import what, and how long a file may be."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("bench", "defenses", "attackers")
# Each part may import those before it; parts of one line are on one level.
LAYERS = (
    (
        *("bench.faces", "bench.answers", "bench.spec", "bench.tables", "bench.processes"),
        *("bench.names", "bench.memory"),
    ),
    ("bench.threats", "bench.context", "bench.attacks"),
    ("bench.described",),
    ("bench.plugin",),
    ("bench.dataset",),
    ("bench.api",),
    ("bench.operation",),
    ("bench.registry",),
    ("bench.nn", "bench.data", "bench.metrics", "bench.forensics"),
    ("bench.outside",),
    ("defenses", "attackers", "bench.runner", "bench.contract"),
    ("bench.audit", "bench.device_check"),
    ("bench.reports",),
    ("bench.annotation",),
    ("bench.rounds",),
    ("bench.campaign", "bench.verification"),
    ("bench.commands",),
    ("bench.cli", "bench.notebook"),
)
SAME_LEVEL = {("bench.contract", "bench.runner"), ("bench.described", "bench.api")}
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def part_of(module):
    """The named part that a module lies in, and its level."""
    for level, parts in enumerate(LAYERS):
        for part in parts:
            if module == part or module.startswith(f"{part}."):
                return part, level
    return None


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative imports hide the layer"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def trespasses(module, imported):
    """Whether an import points upwards or sideways."""
    mine, other = part_of(module), part_of(imported)
    if mine is None or other is None or mine[0] == other[0]:
        return False
    return other[1] >= mine[1] and (mine[0], other[0]) not in SAME_LEVEL


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_downwards(path):
    assert [name for name in imports(path) if trespasses(module_of(path), name)] == []


def test_reports_take_a_plan_and_never_make_one():
    for path in (ROOT / "bench" / "reports").rglob("*.py"):
        planning = {f"bench.runner.plan.{name}" for name in ("plan", "Planner")}
        assert not planning & set(imports(path)), path


def test_an_upward_import_would_be_found():
    assert trespasses("bench.metrics.accuracy", "bench.runner.plan")
    assert trespasses("attackers.cnn", "defenses.blur")
    assert trespasses("bench.runner.plan", "attackers.cnn")
    assert not trespasses("bench.runner.plan", "bench.registry")


@pytest.mark.parametrize("package", ["defenses", "attackers"])
def test_plugins_of_different_families_do_not_import_one_another(package):
    for path in (ROOT / package).rglob("*.py"):
        family = module_of(path).split(".")[1:2]
        others = {name.split(".")[1] for name in imports(path) if name.startswith(f"{package}.")}
        assert not any(name == package for name in imports(path))
        assert others <= set(family), path


def test_the_runner_names_no_plugin():
    names = {path.stem for package in ("defenses", "attackers") for path in _modules(package)}
    for path in (ROOT / "bench" / "runner").rglob("*.py"):
        texts = {
            node.value
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not texts & names, (path, texts & names)


def _modules(package):
    return [path for path in (ROOT / package).iterdir() if path.stem != "__init__"]


def _loaded_by(code):
    """Which of the heavy libraries a statement imports."""
    ask = "import sys; print([m for m in ('torch', 'pandas', 'timm') if m in sys.modules])"
    command = [sys.executable, "-c", f"{code}\n{ask}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def test_planner_store_metrics_and_reports_do_without_torch():
    modules = "bench.runner.plan, bench.runner.step, bench.metrics.declared, bench.reports.files, "
    modules += "bench.reports.report, bench.reports.bundle, bench.reports.published"
    assert "torch" not in _loaded_by(f"import {modules}")[-1]


def test_help_waits_for_no_heavy_library():
    code = "import sys; sys.argv = ['bench', '--help']\nfrom bench.cli import app\n"
    code += "try:\n    app()\nexcept SystemExit:\n    pass"
    lines = _loaded_by(code)
    assert any("Usage" in line for line in lines)
    assert lines[-1] == "[]"


@pytest.mark.parametrize(
    "path",
    [*FILES, *sorted((ROOT / "tests").rglob("*.py"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_file_is_longer_than_300_lines(path):
    assert len(path.read_text().splitlines()) <= 300
