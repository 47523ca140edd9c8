"""A new part touches one file, or its own and a list: added to a copy of the project, it works."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("bench", "defenses", "attackers", "leaderboards")
GRID = """
name = "tiny"
[[tasks]]
private = ["identity"]
data = "synthetic:people=4,takes=4,pictures=4,protocol=closed"
attackers = ["nearest"]
threats = ["raw"]
"""

pytestmark = pytest.mark.slow


class Project:
    """A copy of the project that counts the files touched."""

    def __init__(self, root):
        self.root, self.touched = root, set()
        for name in PACKAGES:
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("*.pyc"))
        (root / "tiny.toml").write_text(GRID)

    def add(self, path, text):
        assert not (self.root / path).exists()
        (self.root / path).write_text(text)
        self.touched.add(path)

    def edit(self, path, before, after):
        text = (self.root / path).read_text()
        assert text.count(before) == 1, (path, before)
        (self.root / path).write_text(text.replace(before, after))
        self.touched.add(path)

    def bench(self, *words):
        code = f"import sys; sys.argv = {['bench', *words]}\n"
        return self.python(code + "from bench.cli import main\nmain()\n")

    def python(self, code):
        environment = {**os.environ, "PYTHONPATH": str(self.root)}
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_a_defense_is_one_file(project):
    project.add(
        "defenses/invert.py",
        '''
from dataclasses import dataclass

from bench.api import Defense
from bench.faces import Release
from bench.registry import register


@register("invert")
@dataclass(frozen=True)
class Invert(Defense):
    """Inverts the grey levels.

    Source: ours.
    """

    def protect(self, faces, weights, context):
        return Release(255 - faces.images)
''',
    )
    assert "FAIL" not in project.bench("check", "invert")
    assert "invert  " in project.bench("list")
    assert len(project.touched) == 1


def test_an_attacker_is_one_file(project):
    project.add(
        "attackers/brightness.py",
        '''
from dataclasses import dataclass

import numpy as np

from bench.api import Classifier
from bench.registry import register


@register("brightness")
@dataclass(frozen=True)
class Brightness(Classifier):
    """The class whose mean brightness is nearest.

    Source: ours.
    """

    def fit(self, knowledge, context):
        light = knowledge.train.inputs.mean(axis=(1, 2, 3))
        truth, n = knowledge.train.labels[knowledge.target.name], len(knowledge.target.classes)
        means = [light[truth == c].mean() if (truth == c).any() else 0.0 for c in range(n)]
        return {"means": np.array(means, np.float32)}

    def predict(self, sample, weights, context):
        light = sample.inputs.mean(axis=(1, 2, 3), dtype=np.float32)
        return -np.abs(light[:, None] - weights["means"])
''',
    )
    assert "FAIL" not in project.bench("check", "brightness")
    assert len(project.touched) == 1


def test_a_dataset_is_one_file_and_its_code_is_in_its_key(project):
    project.add(
        "bench/data/stripes.py",
        '''
from dataclasses import dataclass

import numpy as np

from bench.api import Collection, Dataset, field
from bench.data.protocols import new_image_ids
from bench.faces import Faces, Target
from bench.registry import register


@register("stripes")
@dataclass(frozen=True)
class Stripes(Dataset):
    """People as stripes.

    Source: ours.
    """

    seed: int = field(0, about="redraws")
    protocol: str = field("closed", about="protocol")
    shareable = True

    @property
    def targets(self):
        return (Target("identity", "categorical", ("a", "b", "c", "d")),)

    def load(self, context):
        person = np.repeat(np.arange(4), 12)
        images = np.zeros((48, 3, 16, 16), np.uint8)
        images[np.arange(48), :, :, person] = 200 + np.arange(48)[:, None, None].astype(np.uint8)
        labels = {"identity": person, "take": np.arange(48) // 2}
        ids = new_image_ids(48, "stripes", self.seed)
        return Collection(Faces(images, labels, ids), self.targets)
''',
    )
    assert "FAIL" not in project.bench("check", "stripes")
    shown = project.python(
        "from bench.runner.fingerprint import modules_of\n"
        "print(modules_of('bench.runner.actions.load', 'bench.data.stripes'))"
    )
    assert "bench.data.stripes" in shown
    assert "bench.data.protocols" in shown
    assert len(project.touched) == 1


def test_a_metric_is_its_file_and_a_line_of_the_list(project):
    project.add(
        "bench/metrics/at_random.py",
        '''
"""A number about nothing."""

from bench.answers import Answers, Estimate


def at_random(answers: Answers) -> Estimate:
    """Half."""
    return Estimate(0.5, 0.4, 0.6, len(answers), 0.5)
''',
    )
    project.edit(
        "bench/metrics/declared.py",
        "from bench.metrics.given import",
        "from bench.metrics.at_random import at_random\nfrom bench.metrics.given import",
    )
    project.edit(
        "bench/metrics/declared.py",
        '    Metric("top1", "accuracy"',
        '    Metric("at_random", "half", "answers", at_random),\n    Metric("top1", "accuracy"',
    )
    project.bench("run", "tiny.toml", "--store", "store", "--device", "cpu", "--workers", "1")
    assert "at_random" in (project.root / "runs/tiny/records.csv").read_text()
    assert len(project.touched) == 2


def test_an_engine_is_its_file_and_a_line_where_engines_are_chosen(project):
    project.add(
        "bench/runner/engines/backwards.py",
        '''
"""Runs a plan in this process, and says so."""

from bench.runner.engines.local import LocalEngine


class BackwardsEngine(LocalEngine):
    """An engine of another name."""
''',
    )
    project.edit(
        "bench/runner/engines/options.py",
        "from bench.runner.engines.pool import",
        "from bench.runner.engines.backwards import BackwardsEngine\n"
        "from bench.runner.engines.pool import",
    )
    project.edit(
        "bench/runner/engines/options.py",
        "    return PoolEngine(",
        '    if device == "cpu":\n        return BackwardsEngine()\n    return PoolEngine(',
    )
    code = "from bench.runner.engines.options import engine_of\n"
    code += "print(type(engine_of('cpu', 1, None)).__name__)"
    assert "BackwardsEngine" in project.python(code)
    project.bench("run", "tiny.toml", "--store", "store", "--device", "cpu")
    assert (project.root / "runs/tiny/records.csv").exists()
    assert len(project.touched) == 2


def test_a_report_page_is_its_file_and_a_line_of_the_pages(project):
    project.add(
        "bench/reports/heights.py",
        '''
"""How many numbers there are."""

from bench.tables import Table

NOTE = "Of all purposes."


def heights(records):
    """A table with one number."""
    return [Table("Numbers", ["what", "n"], [["records", len(records)]])]
''',
    )
    project.edit(
        "bench/reports/files.py",
        "from bench.reports.judges import",
        "from bench.reports.heights import NOTE as HEIGHTS_NOTE\n"
        "from bench.reports.heights import heights\nfrom bench.reports.judges import",
    )
    project.edit(
        "bench/reports/files.py",
        '        "scenarios.md": (',
        '        "heights.md": ((heights(records), HEIGHTS_NOTE),),\n        "scenarios.md": (',
    )
    project.bench("run", "tiny.toml", "--store", "store", "--device", "cpu", "--workers", "1")
    assert "## Numbers" in (project.root / "runs/tiny/heights.md").read_text()
    assert len(project.touched) == 2


def test_a_command_is_its_file_and_a_line_of_the_assembly(project):
    project.add(
        "bench/commands/count.py",
        '''
"""`bench count`: counts the bundled grids."""

from bench.commands import options as opt


def count() -> None:
    """Print the number of bundled grids."""
    with opt.user_errors():
        from bench.runner.grid import bundled

        print(f"{len(bundled())} grids")
''',
    )
    project.edit(
        "bench/cli.py",
        "from bench.commands.data import",
        "from bench.commands.count import count\nfrom bench.commands.data import",
    )
    project.edit(
        "bench/cli.py", "app.command()(check)\n", "app.command()(check)\napp.command()(count)\n"
    )
    assert " grids" in project.bench("count")
    assert len(project.touched) == 2
