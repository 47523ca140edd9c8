"""Programs, services and folders outside as defenses."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bench.api import Dataset, Defense, Original
from bench.data.copies import copied, opaque_name
from bench.data.image_files import upright
from bench.outside import Outside
from bench.registry import make
from bench.runner.cells import cells
from bench.runner.plan import plan
from bench.runner.worker import Worker
from bench.spec import Spec

CROP = """
    import sys
    from pathlib import Path
    from PIL import Image

    for path in Path(sys.argv[1]).iterdir():
        Image.open(path).crop((0, 0, 25, 30)).save(Path(sys.argv[2], path.name))
"""


def test_a_program_gets_the_photographs_and_its_results_are_cut_alike(run, data, tool, release_of):
    ran = run(data=data, defenses=[tool()], threats=["raw"])
    faces = ran.faces("probe").images
    np.testing.assert_array_equal(release_of(ran), 255 - faces)


def test_a_picture_a_call_with_a_seed_of_its_own(run, data, tool, release_of):
    text = """
        import sys
        grey = bytes([int(sys.argv[2]) % 251])
        open(sys.argv[1], "wb").write(b"P5 40 30 255 " + 1200 * grey)
    """
    spec = tool(text, ",per=picture,suffix=.pgm", "{out} {seed} {in}")
    ran = run(data=data, defenses=[spec], threats=["raw"])
    levels = release_of(ran)[:, 0, 0, 0]
    assert len(np.unique(levels)) > len(levels) / 2
    assert not [r for r in ran.records if "unstable" in r.reason]


def test_a_program_of_drawn_people_gets_them_as_png(run, tool, release_of, few):
    ran = run(data=few, defenses=[tool()], threats=["raw"])
    np.testing.assert_array_equal(release_of(ran), 255 - ran.faces("probe").images)


def test_a_program_sees_neither_names_nor_metadata(photos, tmp_path):
    named = photos / "Ann" / "Ann_1.jpg"
    named.parent.mkdir()
    exif = Image.Exif()
    exif[0x010E] = "Ann"  # ImageDescription
    exif[0x0112] = 6  # to be turned by 90 degrees
    Image.new("RGB", (40, 30), (9, 99, 199)).save(named, exif=exif)
    seen = {}

    class Looks(Outside):
        def protect_files(self, files, out, context):
            assert not context.originals
            seen.update({file.name: file.read_bytes() for file in files})
            for file in files:
                shutil.copy(file, out)

    Looks.name = "looks"
    paths = [named, next(photos.rglob("00000.png"))]
    originals = [Original(path, np.array([0.0, 0, 30, 0])) for path in paths]
    context = replace(Worker().protecting(), originals=originals)
    faces = make(Dataset, Spec("toy")).load(Worker().protecting()).faces.pick(np.arange(2))
    Looks().protect(faces, {}, context)
    assert not any("Ann" in name or b"Ann" in content for name, content in seen.items())
    assert {len(Path(name).stem) for name in seen} == {24}
    turned = next(name for name in seen if Path(name).stem == opaque_name(named))
    assert seen[turned][:4] == b"\x89PNG"  # written anew: the file had metadata
    assert upright(named).size == (30, 40)


def test_a_text_of_png_is_metadata_whatever_it_is_called(tmp_path):
    info = PngInfo()
    info.add_text("version", "Ann")
    Image.new("L", (8, 8)).save(tmp_path / "named.png", pnginfo=info)
    (copy,) = copied([tmp_path / "named.png"], tmp_path)
    assert copy != tmp_path / "named.png"
    assert b"Ann" not in copy.read_bytes()


def test_where_originals_lie_is_told_to_no_plugin():
    with pytest.raises(TypeError, match="write `protect_files`"):

        class Peeks(Outside):
            def protect(self, faces, weights, context):
                return None


@pytest.mark.parametrize(
    ("text", "more", "says"),
    [
        ("import sys; sys.exit('no licence')", "", r"ended with code 1: no licence"),
        ("import time; time.sleep(60)", ",timeout=1", r"took over 1 s .* command:timeout="),
        ("pass", "", r"expected command to write a picture for each of \d+, got none for"),
        (
            CROP,
            "",
            r"got \d+ of \d+ with another ratio of width to height \(\d+.png: 40x30 became 25x30\)",
        ),
    ],
)
def test_a_program_that_fails_says_why_in_its_cells(run, data, tool, text, more, says):
    ran = run(data=data, defenses=[tool(text, more)], threats=["raw"])
    failed = [r.reason for r in ran.records if r.status == "failed" and "command" in r.defense]
    assert failed
    assert all(re.search(says, reason) for reason in failed), failed[0]


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("command:run=blur", r"expected run=\"PROGRAM"),
        ('command:run="blur {in} {out} {seed}"', r"expected per=picture with \{seed\}"),
        ("pairs", r"expected pairs:before=DIR,after=DIR, got no after"),
    ],
)
def test_a_line_that_cannot_work_is_refused(spec, says):
    with pytest.raises(ValueError, match=says):
        make(Defense, Spec.parse(spec))


def test_a_program_that_is_not_there_stops_the_run_before_it_starts(grid, tmp_path):
    with pytest.raises(FileNotFoundError, match="found none called 'no-such-program'"):
        plan(cells(grid(defenses=['command:run="no-such-program {in} {out}"'])), tmp_path)


def test_another_program_or_version_is_another_key(grid, tmp_path, tool, invert):
    def key(spec):
        stages = plan(cells(grid(defenses=[spec])), tmp_path).stages
        return next(s.key for s in stages if s.action == "protect" and s.spec.name == "command")

    before, again = key(tool()), key(tool())
    edited = key(tool(invert + "    # a comment\n"))
    assert before == again != edited
    stated = key(tool(more=",version=1"))
    assert stated == key(tool("pass", more=",version=1")) != key(tool(more=",version=2"))
