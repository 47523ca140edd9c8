"""`bench protect`: sizes and names stay, and all is written or nothing."""

import sys
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from bench import registry
from bench.api import Defense
from bench.cli import app
from bench.faces import Release
from bench.runner.weights_file import WeightsRecipe, save


@pytest.fixture
def folder(tmp_path, monkeypatch, rng):
    """A folder with a wide picture and, further down, an animation."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in" / "more").mkdir(parents=True)
    wide, *frames = (
        Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
        for width, height in ((24, 16), (10, 10), (10, 10))
    )
    wide.save("in/wide.png")
    frames[0].save(
        "in/more/clip.gif", save_all=True, append_images=frames[1:], duration=[30, 70], loop=0
    )
    return tmp_path


@pytest.fixture
def bench(folder):
    def call(*words):
        return CliRunner().invoke(app, ["protect", *map(str, words), "--device", "cpu"])

    return call


def written(name):
    return np.asarray(Image.open(name))


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_folder_keeps_names_sizes_and_frames(bench, folder):
    done = bench("mask:region=face", "in", "out")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "protected 2 files by mask: out\n"
    assert files_in(folder / "out") == ["more/clip.gif", "wide.png"]
    expected = written("in/wide.png").copy()
    expected[3:14, 5:19] = 0  # 0.2 to 0.9 of 16 rows, 0.2 to 0.8 of 24 columns
    np.testing.assert_array_equal(written("out/wide.png"), expected)
    with Image.open("out/more/clip.gif") as clip:
        assert (clip.n_frames, clip.size, clip.info["duration"]) == (2, (10, 10), 30)


def test_one_picture_becomes_one_file_in_the_format_of_its_name(bench, folder):
    assert bench("pixelate:block=1", "in/wide.png", "new/out.bmp").exit_code == 0
    with Image.open("new/out.bmp") as picture:
        assert (picture.format, picture.size) == ("BMP", (24, 16))
    assert files_in(folder / "new") == ["out.bmp"]


def test_what_is_drawn_cannot_be_repeated_unless_a_seed_is_given(bench):
    for out in ("a", "b"):
        assert bench("noise", "in/wide.png", out).exit_code == 0
        assert bench("noise", "in/wide.png", f"{out}s", "--seed", 1).exit_code == 0
    assert (written("a/wide.png") != written("b/wide.png")).any()
    np.testing.assert_array_equal(written("as/wide.png"), written("bs/wide.png"))


def test_a_learned_defense_works_at_its_size_and_gives_back_the_original_one(bench, folder):
    save(
        folder / "painter.safetensors",
        {"people": np.arange(5)},
        WeightsRecipe(
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
        ),
    )
    done = bench("painter", "in", "out", "--weights", "painter.safetensors")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith(
        "painter: of 3 pictures, 3 resized to 16 x 16 px and back, 1 padded to a square and cut"
    )
    assert written("out/wide.png").shape == (16, 24, 3)


@dataclass(frozen=True)
class Square(Defense):
    """Mirrors square pictures only. Source: ours."""

    def protect(self, faces, weights, context):
        if faces.images.shape[2] != faces.images.shape[3]:
            raise RuntimeError("not square")
        return Release(faces.images[..., ::-1].copy())


def test_a_defense_of_squares_gets_the_picture_padded(bench, monkeypatch):
    monkeypatch.setitem(registry._classes["defense"], "square", Square)
    monkeypatch.setattr(Square, "name", "square", raising=False)
    done = bench("square", "in/wide.png", "out.png")
    assert "square: of 1 pictures, 1 padded to a square" in done.stdout
    np.testing.assert_array_equal(written("out.png"), written("in/wide.png")[:, ::-1])


def test_a_program_gets_the_files_themselves(bench, folder):
    (folder / "tool.py").write_text(
        "import sys; from PIL import Image, ImageOps; from pathlib import Path\n"
        "for path in Path(sys.argv[1]).iterdir():\n"
        "    ImageOps.mirror(Image.open(path).convert('RGB')).save(\n"
        "        Path(sys.argv[2]) / (path.stem + '.bmp'))\n"
    )
    run = f"command:run={sys.executable} tool.py {{in}} {{out}}"
    done = bench(run, "in/wide.png", "out")
    assert done.exit_code == 0, done.stderr
    np.testing.assert_array_equal(written("out/wide.png"), written("in/wide.png")[:, ::-1])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("blurr", "in", "out"), "did you mean 'blur'?"),
        (("blur", "nowhere", "out"), "none at nowhere"),
        (("blur", "in", "in"), "expected a new folder, got in with files"),
        (("blur", "in/wide.png", "in/wide.png"), "expected a new file, got in/wide.png"),
        (("eigenface", "in", "out"), "`bench weights export eigenface FILE`"),
        (("reads_secret", "in", "out"), "reads labels (secret)"),
        (("broken_defense:how=nan", "in", "out"), "cannot protect in/more/clip.gif: expected fin"),
        (("broken_defense", "in/wide.png", "out.png"), "the plugin fell over"),
        (("works_on_sets", "in", "out"), "expected pictures of one size"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(bench, folder, words, told):
    before = files_in(folder)
    done = bench(*words)
    assert done.exit_code == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert files_in(folder) == before
    assert not list(folder.glob(".*"))


def test_a_broken_picture_leaves_nothing_of_the_others(bench, folder):
    (folder / "in" / "zz.png").write_bytes(b"not a picture")
    done = bench("blur", "in", "out")
    assert done.exit_code == 2
    assert "in/zz.png cannot be read" in done.stderr
    assert not (folder / "out").exists()
