"""`bench apply`: all results of an operation are written, or nothing."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from bench.cli import app
from bench.runner.store import Store
from bench.runner.stored_fits import fit_of
from bench.runner.stored_judges import stored_judges
from bench.runner.weights_file import WeightsRecipe, save
from bench.runner.worker import Worker
from bench.spec import Spec


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with weights of the painter and two pictures."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for number, width in enumerate((16, 24)):
        rng = np.random.default_rng(number)
        pixels = rng.integers(0, 256, (16, width, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / "in" / f"{number}.png")
    recipe = WeightsRecipe(
        defense="painter",
        fields={},
        data="toy",
        data_fields={},
        data_key="0" * 64,
        seed=0,
        shape=(3, 16, 16),
        code="",
        libraries={},
        suite="0",
    )
    save(tmp_path / "painter.safetensors", {"people": np.arange(5)}, recipe)
    Store(tmp_path / "store")
    return tmp_path


@pytest.fixture
def bench(folder):
    def call(verb="mirror", source="in", out="out", weights="painter.safetensors"):
        paths = [out] if source is None else [source, out]
        words = ["apply", verb, *paths, "--weights", weights, "--device", "cpu"]
        return CliRunner().invoke(app, [*words, "--store", str(folder / "store")])

    return call


def test_pictures_sheet_animation_and_measures_are_written(bench, folder):
    done = bench()
    assert (done.exit_code, done.stderr) == (0, "")
    assert "cut 1 of 2 pictures to a centred square and resized them to 16 x 16 px" in done.stdout
    assert "judge" not in done.stdout  # the store is empty
    out = folder / "out"
    before, after = (np.asarray(Image.open(f)) for f in ("in/0.png", "out/pictures/0.png"))
    np.testing.assert_array_equal(after, before[:, ::-1])
    with Image.open(out / "animation.gif") as clip:
        assert (clip.n_frames, clip.size) == (2, (128, 128))
    assert Image.open(out / "sheet.png").size[0] > 2 * 96
    line = pd.read_csv(out / "measures.csv", keep_default_na=False).iloc[0]
    assert (line["measure"], line["reason"]) == ("taste", "nobody was asked")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"verb": "mirrr"}, "did you mean 'mirror'?"),
        ({"verb": "mirror:depth=3"}, "of operation mirror, got 'depth'; there are none"),
        ({"source": "nowhere"}, "nowhere"),
        ({"out": "in"}, "expected a new folder, got in with files"),
        ({"weights": "none.safetensors"}, "found none"),
        ({"weights": "in/0.png"}, "not safetensors"),
        ({"verb": "replace"}, "expected weights of pprl_vgan for replace"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(bench, folder, words, told):
    before = sorted(folder.iterdir())
    done = bench(**words)
    assert done.exit_code == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert sorted(folder.iterdir()) == before


def test_an_operation_is_given_as_many_paths_as_it_takes(bench, folder):
    done = bench(source=None)
    assert "expected IN and OUT after mirror, got 1 paths" in done.stderr
    done = bench("dots")
    assert "expected OUT alone after dots, got 2 paths" in done.stderr
    assert not (folder / "out").exists()
    assert bench("dots", source=None).exit_code == 0
    assert np.asarray(Image.open(folder / "out/pictures/dot.png")).shape == (16, 16, 3)


def test_a_broken_picture_is_named_and_nothing_is_written(bench, folder):
    (folder / "in" / "2.png").write_bytes(b"\x89PNG\r\n")
    done = bench()
    assert done.exit_code == 2
    assert "in/2.png cannot be read" in done.stderr
    assert not (folder / "out").exists()


def test_nothing_half_written_is_left(bench, folder, monkeypatch):
    def full(*arguments, **options):
        raise OSError("no space left on device")

    monkeypatch.setattr("bench.commands.apply.write_csv", full)
    assert "no space" in bench().stderr
    assert not [path for path in folder.iterdir() if "out" in path.name]


def test_judges_learned_from_raw_pictures_of_the_same_data(run):
    done = run(defenses=["painter"], threats=["raw"])
    recipe = fit_of(done.store, Spec("painter"), None, None).recipe
    found = stored_judges(done.store, recipe.data_key, Worker())
    assert [*found] == ["identity"]  # the one with shuffled labels and the canary are none
    faces = done.faces("probe")
    said = found["identity"].ask(faces.images).argmax(axis=1)
    assert (said == faces.labels["identity"]).mean() == found["identity"].accuracy == 1
    assert stored_judges(done.store, "0" * 64, Worker()) == {}


def test_help_and_list_name_the_verbs_that_are_registered():
    for words in (["apply", "--help"], ["list"]):
        text = " ".join(CliRunner().invoke(app, words).stdout.split())
        assert "Turns pictures round." in text
        assert (
            "Shows pictures, or the frames of a clip, with the face of everybody or of one person."
            in text
        )
