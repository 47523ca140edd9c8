import csv
import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from math import nan
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from bench.cli import app
from bench.reports import report
from bench.reports.boards import read_records, write_board
from bench.reports.report import LARGEST, write_report
from bench.reports.report_findings import WORDS, knows, labels, tasks
from bench.reports.summary import groups
from bench.threats import THREATS

BOARDS = Path(str(files("leaderboards")))
HOSTILE = "<script>alert(1)</script> </title> \"onload='alert(2)' ]]> &amp; {{ 7 * 7 }}"


class Tags(HTMLParser):
    """Counts tags, and keeps their attributes and the text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def quick():
    return read_records(BOARDS / "quick.csv")


def folder_of(records, folder, **facts):
    folder.mkdir(exist_ok=True)
    write_board(records, folder / "records.csv", facts)
    return folder


def text_of(path, **how):
    return write_report(path, path / "report.html", **how).read_text()


def test_a_board_becomes_one_small_file_that_refers_to_nothing_outside(tmp_path):
    written = write_report(BOARDS / "quick.json", tmp_path / "q.html")
    assert written.stat().st_size < LARGEST
    found = Tags(written.read_text())
    assert found.tags.count("h1") == found.tags.count("main") == found.tags.count("script") == 1
    outside = [v for k, v in found.attributes if k in ("src", "href", "srcset", "action")]
    assert outside
    assert all(value.startswith("#") for value in outside)
    assert not {"link", "iframe", "object", "form", "base"} & set(found.tags)
    ids = [value for name, value in found.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in outside} <= set(ids)


def test_every_row_of_the_summary_has_a_row_and_each_point_leads_to_one(quick, tmp_path):
    text = write_report(BOARDS / "quick.csv", tmp_path / "q.html").read_text()
    rows = [row for _, rows in groups(quick) for row in rows]
    assert len(re.findall('<tr id="t', text)) == len(rows) > 10
    points = re.findall(r'<a href="#(t\d-\d+)" aria-label', text)
    assert len(points) > 10
    assert all(f'<tr id="{point}">' in text for point in points)


def test_hostile_text_is_inert_and_shown_as_it_is(quick, tmp_path):
    found = [
        r._replace(task=f"{HOSTILE}{r.task}", reason=HOSTILE, marks='"onclick=alert(3) <b>')
        for r in quick
    ]
    facts = {"date": HOSTILE, "commit": HOSTILE, "device": HOSTILE, "versions": {HOSTILE: HOSTILE}}
    folder = folder_of(found, tmp_path / "run", **facts)
    for name, x, y in (("roc", "fmr", "tmr"), ("learning", "epoch", "valid")):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            lines = [
                ("panel", "defense", "seed", x, y),
                *[(HOSTILE, HOSTILE, 0, i, 0.5) for i in (0, 1)],
            ]
            csv.writer(file).writerows(lines)
    costs = "action,plugin,status,seconds,peak_memory_mb,device\nfit,<b>x,ok,1,1,<i>\n"
    (folder / "costs.csv").write_text(costs)
    usual = Tags(write_report(BOARDS / "quick.csv", tmp_path / "q.html").read_text())
    shown = Tags(text_of(folder, name=HOSTILE))
    assert shown.tags.count("script") == 1
    assert set(shown.tags) - set(usual.tags) <= {"details", "ul", "figure", "figcaption"}
    assert not [name for name, _ in shown.attributes if name.startswith("on")]
    assert sum(HOSTILE in text for text in shown.text) > 10
    assert "49" not in next(text for text in shown.text if text.startswith("<script>"))


@pytest.mark.parametrize("facts", [["x"], "x", {"date": 7, "versions": ["a"], "commit": {}}, None])
def test_facts_of_any_kind_are_text(facts, quick, tmp_path):
    folder = folder_of(quick, tmp_path / "run")
    package = json.loads((folder / "records.json").read_text())
    package["unmask"]["provenance"] = facts
    (folder / "records.json").write_text(json.dumps(package))
    assert "<h2" in text_of(folder)


@pytest.mark.slow
def test_pictures_are_made_smaller_until_the_file_is(quick, tmp_path):
    folder, rng = folder_of(quick, tmp_path / "run"), np.random.default_rng(0)
    for name in ("sheet-1", "sheet-2", "samples-x-1"):
        noise = rng.integers(0, 256, (1000, 1000, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{name}.png", compress_level=0)
    text = text_of(folder)
    assert len(text.encode()) < LARGEST
    assert text.count("data:image/webp;base64,") >= 1


def test_a_page_that_would_be_too_large_leaves_details_out_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "LARGEST", 90_000)
    text = write_report(BOARDS / "quick.csv", tmp_path / "q.html").read_text()
    assert len(text) < 90_000
    assert "Some details are left out" in text


def test_pictures_of_real_people_are_shown_only_if_asked(tmp_path):
    folder = folder_of(read_records(BOARDS / "lfw.csv"), tmp_path / "run")
    Image.new("RGB", (8, 8)).save(folder / "sheet-1.png")
    assert "data:image" not in text_of(folder)
    assert "data:image" in text_of(folder, with_images=True)


def test_where_all_failed_the_page_says_so(quick, tmp_path):
    none = {"value": nan, "low": nan, "high": nan, "chance": nan, "n": 0, "n_people": 0}
    failed = [
        r._replace(status="failed", reason="it broke", chosen=0, **none)
        for r in quick
        if r.purpose in ("private", "headline")
    ]
    text = text_of(folder_of(failed, tmp_path / "run"))
    assert "Something failed, so this report is incomplete." in text
    assert "it broke" in text
    assert "How much it leaks could not be computed" in text
    only_utility = [r for r in quick if r.purpose == "utility"]
    text = text_of(folder_of(only_utility, tmp_path / "run"))
    assert "No attack on a secret has a result" in text


def test_files_that_are_not_as_bench_wrote_them_are_one_line(quick, tmp_path):
    folder = folder_of(quick, tmp_path / "run")
    (folder / "sheet-1.png").write_text("no picture")
    with pytest.raises(ValueError, match=r"expected a PNG at .*sheet-1.png"):
        write_report(folder)
    (folder / "roc.csv").write_text("panel,defense,seed,fmr,tmr\na,b,0,x,1\n")
    with pytest.raises(ValueError, match=r"expected .*roc.csv as bench wrote it"):
        write_report(folder)
    (folder / "roc.csv").unlink()
    with pytest.raises(
        FileNotFoundError, match="expected the folder of a run or a board, or a CSV"
    ):
        write_report(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("facts", "version"),
    [
        ({"commit": "a497493eff14c350", "date": "2026-11-21T22:09:55+00:00"},
         "version, commit a497493eff14 of 2026-11-21; run its grid again, or use that version"),
        ({"commit": "", "date": "2026-11-21"}, "version; run its grid again"),  # no git
    ],
)  # fmt: skip
def test_metrics_of_another_version_are_one_line_that_says_which(quick, tmp_path, facts, version):
    strange = [quick[0]._replace(metric="luck", value=1.0)]
    folder = folder_of(strange, tmp_path / "run", **facts)
    said = rf"knows in .*records.csv, got 'luck' of an earlier or a later {version}"
    with pytest.raises(ValueError, match=said):
        write_report(folder)


def test_the_command_writes_where_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["report", str(BOARDS / "quick.csv")])
    assert (done.exit_code, done.stdout) == (0, "quick.html\n")
    assert (
        json.loads((BOARDS / "quick.json").read_text())["unmask"]["provenance"]["commit"]
        in (tmp_path / "quick.html").read_text()
    )
    assert CliRunner().invoke(app, ["report", "nothing.csv"]).exit_code == 2


def test_all_marks_threats_and_verdicts_have_plain_words():
    docs = Path(__file__).parents[2].joinpath("docs", "truth.md").read_text()
    tables = docs.split("## Marks")[1].split("## Planted cases")[0], docs.split("## Marks")[0]
    names = [re.findall("^\\| (`.*?`) \\|", table, re.MULTILINE) for table in tables]
    marks = {name for row in names[0] for name in re.findall("`(.*?)`", row)}
    verdicts = {name for row in names[1] for name in re.findall("`(.*?)`", row)}
    assert marks == set(WORDS["marks"])
    assert verdicts == set(WORDS["verdicts"]) - {""}
    assert set(WORDS["threats"]) == set(THREATS)


def test_a_label_is_the_name_and_what_tells_it_from_others():
    names = ["blur:sigma=0.1", "san:a=1,b=2", "san:a=1,b=3", "san:a=1", "gan@x:a=1", "gan@y:a=1"]
    assert list(labels(names).values()) == ["blur", "san:b=2", "san:b=3", "san", "gan@x", "gan@y"]


def test_a_defense_is_described_form_by_form_with_all_who_attacked_it(quick):
    found = next(each for each in tasks(quick)[0].tested if each.name == "pprl_vgan")
    assert [line.row.form for line in found.lines] == ["picture", "picture, cleaned", "code"]
    assert set(found.attackers) == {
        knows(t) for t in ("raw", "aware", "aware:clean=true", "latent")
    }
    assert "mlp" in found.attackers[knows("latent")]
    assert "mlp" not in found.attackers[knows("raw")]  # nobody reads codes under this threat
    picture, _, code = (line.attack for line in found.lines)
    assert code.unprotected == picture.unprotected  # codes are compared with pictures, too


def test_each_judge_and_who_has_seen_no_release_have_numbers_of_their_own(quick):
    lines = {(x.name, x.row.form): x for task in tasks(quick) for x in task.lines}
    blur = lines["blur", "picture"]
    kept = [r for r in quick if r.metric == "kept" and r.defense.startswith("blur")]
    for threat, (number,) in (("raw", blur.as_is), ("aware", blur.retrained)):
        assert number.value == np.mean([r.value for r in kept if r.threat == threat])
    vgan = lines["pprl_vgan", "picture"]
    seen = [r for r in quick if r.defense.startswith("pprl_vgan") and r.chosen]
    raw = [r.value for r in seen if (r.purpose, r.metric, r.threat) == ("private", "top1", "raw")]
    assert vgan.unseen.value == np.mean(raw) < vgan.attack.right.value
    assert lines["pprl_vgan", "code"].unseen == ""


def test_two_classes_are_told_apart_as_leakage_is_computed(quick):
    task = next(task for task in tasks(quick) if task.first.target == "gender")
    assert {(x.attack.metric, x.attack.guess) for x in task.lines} == {("auc", 0.5)}
    unfinished = [r for r in quick if (r.purpose, r.target, r.metric, r.status)
                  == ("private", "gender", "auc", "ok") and "undertrained" in r.marks
                  and r.defense.startswith(("san", "blur"))]  # fmt: skip
    assert sum(task.unfinished) == len(unfinished) > 0


def test_the_top_says_of_each_task_whether_a_defense_hides(quick, tmp_path):
    text = text_of(folder_of(quick, tmp_path / "run"))
    assert "None of the 4 defenses hides who the person is" in text
    changed = [
        r._replace(verdict="hidden as far as tried", reason="")
        if r.verdict == "leaks" and r.defense.startswith("blur") else r
        for r in quick
    ]  # fmt: skip
    text = text_of(folder_of(changed, tmp_path / "run"))
    assert "blur hides the gender, as far as tried; the others do not" in text


def test_only_words_of_the_page_are_explained(quick, tmp_path):
    text = text_of(folder_of(quick, tmp_path / "run"))
    assert '<dt id="w-exposed">' in text
    assert "FMR" not in text
