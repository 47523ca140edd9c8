"""The command, from the data set to the file."""

import csv

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from bench.api import Dataset
from bench.audit.findings import Finding
from bench.audit.material import material
from bench.audit.renderer import renderer
from bench.audit.whole import audit
from bench.cli import app
from bench.registry import make
from bench.spec import Spec


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """Audits in an empty folder."""
    monkeypatch.chdir(tmp_path)
    place = ("--store", str(tmp_path / "store"))
    return lambda *words: CliRunner().invoke(app, ["data", "audit", *words, *place])


@pytest.fixture
def photos(tmp_path):
    """Six people in folders of their own; each one's files have a size of their own."""
    rng = np.random.default_rng(0)
    for person in range(6):
        for number in range(6):
            path = tmp_path / "photos" / f"p{person}" / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 256, (24, 24, 3)).astype(np.uint8)).save(path)
            with path.open("ab") as file:
                file.write(bytes(500 * person))
    return tmp_path / "photos"


def test_the_command_prints_and_writes(bench, tmp_path):
    done = bench("toy")
    assert done.exit_code == 0, done.stderr
    assert "findings leak" in done.stdout
    with (tmp_path / "runs" / "audit" / "audit.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert tuple(lines[0]) == Finding._fields
    found = {line["about"]: line for line in lines}
    assert found["identity from border"]["verdict"] == "leaks"
    assert found["identity from row id"]["verdict"] == "ok"
    assert found["probe or attacker's picture"]["verdict"] == "ok"
    assert {line["check"] for line in lines} == {"duplicates", "balance", "cue", "shift"}


def test_the_same_data_give_the_same_bytes(bench, tmp_path):
    bench("toy", "--out", "one")
    bench("toy", "--out", "two")
    one, two = ((tmp_path / name / "audit.csv").read_bytes() for name in ("one", "two"))
    assert one == two


def test_other_targets_are_asked_about_on_demand(bench, tmp_path):
    bench("toy", "--target", "colour")
    text = (tmp_path / "runs" / "audit" / "audit.csv").read_text()
    assert "colour from border" in text
    assert "identity from" not in text


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["toyy"], "did you mean 'toy'?"),
        (["toy:colour=red"], "has the fields"),
        (["lfw:root=/nowhere"], "point BENCH_DATA"),
        (["toy", "--target", "age"], "toy has the categorical targets"),
        (["toy:takes=2"], "give at least 4 takes of a person"),
    ],
)
def test_a_mistake_is_one_clear_line(bench, words, told):
    done = bench(*words)
    assert done.exit_code == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_files_are_weighed(photos, store):
    data = make(Dataset, Spec.parse(f"folder:root={photos},size=24,protocol=closed"))
    given = material(data, store)
    assert given.files
    expected = [path.stat().st_size for path in sorted(photos.glob("*/*.png"))]
    assert given.n_bytes.tolist() == expected
    leaks = {finding.about for finding in audit(data, store) if finding.verdict == "leaks"}
    assert "identity from bytes" in leaks
    assert "identity from border" not in leaks


def test_without_files_pictures_are_weighed_as_png(store):
    given = material(make(Dataset, Spec.parse("toy")), store)
    assert not given.files
    assert given.n_bytes.min() > 100


@pytest.mark.slow
def test_drawn_people_have_a_style_only_if_asked_to():
    styled, plain, colour = renderer(0)
    assert {styled.verdict, plain.verdict, colour.verdict} == {"ok"}
    assert styled.value > 3 * plain.value
