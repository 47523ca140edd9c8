import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from bench.answers import Answers
from bench.api import Defense
from bench.metrics.information import likeliest, probabilities
from bench.registry import make, spec_of
from bench.reports import pictures
from bench.reports.judged import judged
from bench.reports.pictures import N_PEOPLE, sheets
from bench.reports.sheet import COLOURS, MEANT, WRONG, Sheet, Strip, contact_sheet, sheet_files
from bench.runner.grid import read
from bench.spec import Spec

BLACK = Strip(np.zeros((2, 3, 4, 4), np.uint8))
LONG = "prototype_pattern:aligned=true,classifier=vgg,prototype=SM,w=6.0"


def lines_of(sheet):
    """The axes of each row of a drawn sheet."""
    axes = contact_sheet(sheet).axes
    return [axes[i : i + 2] for i in range(0, len(axes), 2)]


def test_the_end_of_a_long_name_can_be_read():
    ((first, _),) = lines_of(Sheet("data", {LONG: BLACK}, [LONG, LONG]))
    for text in (first.get_ylabel(), first.get_title(loc="left")):
        assert "".join(text.split()) == LONG
        assert max(map(len, text.split("\n"))) <= 20


def test_a_long_caption_keeps_its_beginning_and_its_end_and_its_colour():
    said = [[f"a {WRONG} Arnold Schwarzenegger 100 %", f"b {MEANT} joy"], ["c sad"]]
    ((first, second),) = lines_of(Sheet("", {"none": Strip(BLACK.images, said)}))
    cut, whole = first.texts
    assert cut.get_text().startswith(f"a {WRONG} Arn")
    assert cut.get_text().endswith("100 %")
    assert (cut.get_color(), whole.get_color()) == (COLOURS[WRONG], COLOURS[MEANT])
    assert second.texts[0].get_color() == "black"


def test_rows_may_have_fewer_pictures():
    rows = lines_of(Sheet("", {"a": BLACK, "b": Strip(BLACK.images[:1])}))
    assert [[len(each.images) for each in line] for line in rows] == [[1, 1], [1, 0]]
    assert not rows[1][1].get_frame_on()


def test_black_pictures_have_a_white_gap():
    content = dict(sheet_files(Sheet("", {"": BLACK})))["png"]
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(content))).convert("L"), int)
    line = pixels[len(pixels) // 2] < 128
    assert np.abs(np.diff(line.astype(int))).sum() == 4  # two pictures


def test_a_sheet_is_drawn_alike_again():
    sheet = Sheet("data", {"none": BLACK}, ["a", "b"], "note")
    assert sheet_files(sheet) == sheet_files(sheet)
    assert [kind for kind, _ in sheet_files(sheet)] == ["png", "pdf"]


def answers(scores, truth):
    n = len(truth)
    return Answers(np.array(scores, np.float32), np.array(truth), np.arange(n), np.arange(n))


def test_probabilities_are_as_often_right_as_they_say():
    """Right in 3 of 4 validation pictures, with any margin: 75 %."""
    valid = answers([[9, 0], [9, 0], [0, 9], [9, 0]], [0, 0, 1, 1])
    found = probabilities(np.array([[0, 9], [9, 0]], np.float32), valid)
    np.testing.assert_allclose(found, [[0.25, 0.75], [0.75, 0.25]], atol=1e-3)
    said = likeliest(answers([[0, 9], [9, 0]], [0, 0]), valid)
    assert [number for number, _ in said] == [1, 0]
    assert [share for _, share in said] == pytest.approx([0.75, 0.75], abs=1e-3)


def said_of(results):
    """The first judge, and its captions by defense name, then image id."""
    results = [r for r in results if r.cell.purpose in ("private", "utility")]
    ids = np.unique(np.concatenate([r.probe.image_id for r in results if r.probe is not None]))
    judge = judged(results, ids)[0]
    return judge, {defense.name: captions for defense, captions in judge.captions.items()}


def test_a_caption_is_what_the_strongest_raw_judge_says_of_the_release(run):
    done = run(defenses=["pixelate:block=0.25"], attackers=["nearest", "memory"])
    judge, found = said_of(done.results)
    assert set(found) == {"none", "constant", "pixelate"}
    assert judge.about == "identity, with probability, by nearest, trained on unprotected pictures"
    result = next(
        r
        for r in done.results
        if (r.cell.purpose, r.cell.threat.name) == ("private", "raw")
        and (r.cell.defense.name, r.cell.attacker.name) == ("pixelate", "nearest")
    )
    named = result.probe.scores.argmax(axis=1)
    captions = [found["pixelate"][image_id] for image_id in result.probe.image_id.tolist()]
    assert [WRONG not in caption for caption in captions] == list(named == result.probe.truth)
    assert all(caption.endswith(" %") for caption in captions)


def test_two_classes_are_said_as_the_probability_of_the_second(result):
    """Always right on 200 validation pictures: certain; so P is 0 for the first class."""
    two = result(1.0, 1.0)._replace(classes=("female", "male"))
    judge, found = said_of([two])
    assert judge.about == "P(male) by cnn, trained on unprotected pictures"
    assert [found["none"][i] for i in range(2)] == ["P(male) 0 %", "P(male) 100 %"]
    wrong = two._replace(probe=replace(two.probe, truth=1 - two.probe.truth))
    assert said_of([wrong])[1]["none"][0] == f"{WRONG} P(male) 0 %"


def test_the_person_whom_a_release_shows_is_no_mere_mistake(run):
    done = run(defenses=["swap"], attackers=["memory"], threats=["raw"])
    _, found = said_of(done.results)
    assert not any(WRONG in caption or MEANT in caption for caption in found["none"].values())
    assert not any(WRONG in caption for caption in found["swap"].values())
    assert any(MEANT in caption for caption in found["swap"].values())


def test_a_matcher_says_the_rank_of_the_right_person(runner, store, grid):
    task = {"private": ["colour"], "utility": ["identity"], "attackers": ["eyes"]}
    data = "toy:people=48,takes=4,protocol=open"
    done = runner(store, grid(**task, data=data, threats=["raw"], utility_threats=["raw"]))
    results = [r for r in done.results if r.cell.purpose == "utility" and not r.cell.skip_reason]
    judge, found = said_of(results)
    assert "rank of the right person" in judge.about
    first = {caption for caption in found["none"].values() if WRONG not in caption}
    n = len({*results[0].probe.gallery_person.tolist()})
    assert first == {f"rank 1 of {n}"}
    record = done.select(purpose="utility", defense="none", metric="rank1", threat="raw")[0]
    assert record.metric == "rank1"
    right = [WRONG not in caption for caption in found["none"].values()]
    assert np.mean(right) == pytest.approx(record.value, abs=0.02)


def test_without_a_judge_of_pictures_nothing_is_said(run):
    done = run(threats=["latent"], utility_threats=[], utility=[])
    assert judged(done.results, np.arange(9)) == []


def test_a_column_is_the_strip_of_a_person(run, tmp_path, monkeypatch):
    done, drawn = run(defenses=["pixelate:block=0.25"], attackers=["nearest"]), []
    draw = lambda make, sheet: drawn.append(sheet) or [("png", "")]  # noqa: E731
    monkeypatch.setattr(pictures, "figures_in", lambda store: draw)
    (path,) = sheets(done.results, done.plan, done.store, tmp_path, with_images=False)
    assert path.name == "sheet-1.png"
    (sheet,) = drawn
    assert len(set(sheet.headings)) == N_PEOPLE  # that many people
    for name, strip in sheet.rows.items():
        assert len(strip.images) == len(strip.captions) == N_PEOPLE, name
        letters = [[caption[:2] for caption in lines] for lines in strip.captions]
        assert letters == [["a ", "b "]] * N_PEOPLE  # identity by the raw and the aware judge
    said = [lines[0].split(" ", 1)[1].rpartition(" ")[0] for lines in sheet.rows[PLAIN].captions]
    right = [WRONG not in one for one in said]
    names = [one.strip(f"{WRONG} ").rpartition(" ")[0] for one in said]
    assert [name == person for name, person in zip(names, sheet.headings, strict=True)] == right
    assert sheet.note.startswith("Under each picture:\na: identity, with probability, by nearest")


PLAIN = "none (control): gives out the picture unchanged"


def test_the_strip_of_the_san_slides_is_a_bundled_grid():
    """Original, SM, NT and OP with P(male) under each: `none` and these, judged by `raw`."""
    task = read("san_tables").tasks[0]
    shown = [dict(spec_of(make(Defense, spec)).fields) for spec in task.defenses]
    assert [each["prototype"] for each in shown if "prototype" in each] == ["SM", "NT", "OP"]
    assert task.private == ("gender",)
    assert Spec("raw") in task.threats
