import csv
import json
import math
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.reports import read_records
from bench.reports.boards import write_board
from bench.reports.provenance import provenance
from bench.reports.records import Record
from bench.runner.grid import read

NAN = math.nan
BOARDS = sorted(
    path.with_suffix("") for path in files("leaderboards").iterdir() if path.suffix == ".csv"
)
FACTS = {"commit": "0" * 40, "date": "2026-11-22T03:41:51+00:00", "recomputed": True}
OLD = """\
task,data,protocol,learned_from,purpose,target,defense,attacker,threat,form,seed,share,chosen,\
sign,metric,value,low,high,n,n_people,chance,status,reason,marks,key
hide,synthetic:seed=0,open,,private,identity,"began_cs:depth=1,average=0.9",nearest,reread,\
pixels,0,1,0,1,names_imposed,0.25,0.1,0.3,9,3,0.5,ok,,few-people,f00
hide,synthetic:seed=0,open,,private,gender,blur,nearest,"aware:draws=4,told=c",pixels,0,0.5,1,-1,\
beyond_half,0.4,0.1,0.5,9,3,,ok,,,f01
hide,synthetic:seed=0,open,,looks,,blur,,,pixels,0,1,0,1,psnr_db,,,,0,0,,n/a,identical,,f02
"""


def record(**fields):
    """A record that is like many others but for these fields."""
    defaults = {
        "task": "hide gender",
        "data": "synthetic:seed=0",
        "protocol": "open",
        "learned_from": "",
        "purpose": "private",
        "target": "gender",
        "defense": "blur:sigma=0.06",
        "attacker": "cnn:rounds=3",
        "threat": "raw",
        "form": "pixels",
        "seed": 0,
        "share": 1.0,
        "chosen": 0,
        "sign": 1,
        "metric": "auc",
        "value": 0.75,
        "low": 0.5,
        "high": 0.875,
        "n": 640,
        "n_people": 8,
        "chance": 0.5,
        "status": "ok",
        "reason": "",
        "marks": "",
        "key": "0123456789abcdef",
    }
    return Record(**(defaults | fields))


def nothing(**fields):
    empty = {"value": NAN, "low": NAN, "high": NAN, "chance": NAN, "n": 0, "n_people": 0}
    return record(**(empty | {"status": "skipped", "reason": "too few"} | fields))


def texts(records):
    """Records that compare equal if they are, also where a number is nan."""
    return [tuple(map(repr, each)) for each in records]


def written(tmp_path, *records, name="board"):
    """What is read back, the lines of the CSV, and the property of the JSON."""
    path = tmp_path / f"{name}.csv"
    write_board(records, path, FACTS)
    package = json.loads(path.with_suffix(".json").read_text())
    return read_records(path), list(csv.DictReader(path.open())), package["unmask"]


ALL_KINDS = (
    nothing(metric="top1", marks="weak", reason="too few"),  # before the numbers of its cell
    record(chosen=1, reason="weak: AUC 0.6", marks="weak", sign=-1),
    record(metric="eer", reason="weak: AUC 0.6", marks="weak", sign=-1, n_people=7, chance=NAN),
    nothing(metric="", attacker="mlp", reason="mlp reads no pixels", key=""),
    record(task="hide identity", target="identity", protocol="closed", data="lfw", cleaned=1),
    nothing(metric="leakage", purpose="headline", status="failed", verdict="inconclusive"),
    record(metric="leakage", purpose="headline", verdict="hidden", fits=3, low=-0.125),
    record(metric="ssim", purpose="release", target="", attacker="", threat="", share=0.5),
    record(metric="rank", value=2.0, low=1.0, high=12.0, threat="aware:draws=4,side_info=c"),
    record(metric="mae", value=math.inf, low=-math.inf, learned_from="defender lfw:size=32"),
)


def test_records_are_read_back_in_their_order(tmp_path):
    found, lines, _ = written(tmp_path, *ALL_KINDS)
    assert texts(found) == texts(ALL_KINDS)
    assert len(lines) == 7  # one per number
    assert texts(read_records(tmp_path / "board.json")) == texts(ALL_KINDS)


def test_equal_records_give_equal_bytes(tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        written(tmp_path / name, *ALL_KINDS)
    for file in ("board.csv", "board.json"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123456, ".1235"),
        (0.5, ".5"),
        (1.0, "1"),
        (0.0011119, ".00111"),
        (0.0, "0"),
        (-0.06256, "-.0626"),
        (23.4567, "23.4567"),
        (9.99999, "10"),
        (math.inf, "INF"),
    ],
)
def test_numbers_keep_four_decimals_or_three_digits(tmp_path, value, text):
    (found,), (line,), _ = written(tmp_path, record(value=value))
    assert line["value"] == text
    assert found.value == float(text)
    assert written(tmp_path, found)[1] == [line]  # rounding it again changes nothing


def test_what_has_no_number_has_no_pictures_either(tmp_path):
    (found,), lines, _ = written(tmp_path, nothing(chosen=1, n=9, n_people=3))
    assert lines == []
    assert (found.chosen, found.n, found.n_people) == (0, 0, 0)


@pytest.mark.parametrize(
    ("defenses", "labels"),
    [
        (["blur:sigma=0.06"], ["blur"]),
        (["blur:sigma=0.2"], ["blur"]),  # the only variant
        (["blur:sigma=0.06", "blur:sigma=2"], ["blur", "blur:sigma=2"]),
        (["blur:sigma=0.2", "blur:sigma=0.06"], ["blur-1", "blur"]),  # 14 characters
        (["other:a=1,b=2", "other:a=1,b=3"], ["other-1", "other-2"]),  # an unknown plugin
        (["other@big", "other"], ["other@big", "other"]),
        (["none:side=16", "none"], ["none", "none-2"]),  # two ways to write the same
    ],
)
def test_labels_are_short_and_differ(tmp_path, defenses, labels):
    found, lines, unmask = written(tmp_path, *(record(defense=name) for name in defenses))
    assert [line["defense"] for line in lines] == labels
    assert unmask["labels"]["defense"] == dict(zip(labels, defenses, strict=True))
    assert [each.defense for each in found] == defenses


def test_threats_have_labels_too(tmp_path):
    threats = ("aware", "aware:draws=4", "aware:draws=4,side_info=c")
    _, lines, _ = written(tmp_path, *(record(threat=threat) for threat in threats))
    assert [line["threat"] for line in lines] == ["aware", "aware-2", "aware-3"]


def test_no_text_is_a_formula(tmp_path):
    names = ("=1+1", "@a", "+a", "-a", "'=a", "\ta")
    given = [record(target=name, metric=name, verdict=name) for name in names]
    found, lines, _ = written(tmp_path, *given)
    for line in lines:
        assert all(line[name][0] == "'" for name in ("target", "metric", "verdict"))
    assert texts(found) == texts(given)


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=40)


@given(st.lists(st.tuples(NAMES, NAMES, NAMES), max_size=4))
@settings(max_examples=30)
def test_any_name_of_a_task_or_label_is_read_back(names):
    given_ = [record(task=task, target=label, metric=metric) for task, label, metric in names]
    with TemporaryDirectory() as folder:
        found, _, _ = written(Path(folder), *given_)
        assert {path.name for path in Path(folder).iterdir()} == {"board.csv", "board.json"}
    assert texts(found) == texts(given_)


def test_a_changed_csv_is_refused(tmp_path):
    written(tmp_path, record())
    path = tmp_path / "board.csv"
    path.write_text(path.read_text().replace(",.75,", ",.25,"))
    with pytest.raises(ValueError, match=r"expected the CSV that .*, got sha256:.*; restore both"):
        read_records(path)


def test_another_schema_version_is_refused(tmp_path):
    written(tmp_path, record())
    path = tmp_path / "board.json"
    path.write_text(path.read_text().replace('"schema_version": 1', '"schema_version": 2'))
    with pytest.raises(ValueError, match=r"expected schema 1 in .*, got 2; update bench"):
        read_records(path)


def test_a_csv_without_its_json_is_refused(tmp_path):
    written(tmp_path, record())
    (tmp_path / "board.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"expected .*board.json beside its CSV"):
        read_records(tmp_path / "board.csv")


def test_a_csv_with_a_huge_cell_is_one_clear_error(tmp_path):
    written(tmp_path, record())
    (tmp_path / "board.csv").write_text("a" * 200_000)
    with pytest.raises(ValueError, match=r"field larger than field limit .*; restore both"):
        read_records(tmp_path / "board.csv")


@pytest.mark.parametrize("text", ["", "{}", '{"unmask": 1}', "[1]"])
def test_a_broken_json_is_one_clear_error(tmp_path, text):
    written(tmp_path, record())
    (tmp_path / "board.json").write_text(text)
    with pytest.raises(ValueError, match=r"expected board.csv and board.json in .*; restore both"):
        read_records(tmp_path / "board.csv")


def test_a_failed_write_leaves_the_board_as_it_was(tmp_path):
    found, *_ = written(tmp_path, record())
    with pytest.raises(TypeError):
        write_board([record(value=0.1)], tmp_path / "board.csv", {"device": object()})
    assert read_records(tmp_path / "board.csv") == found


def test_records_of_0_1_get_the_names_of_today(tmp_path):
    (tmp_path / "records.csv").write_text(OLD)
    first, last = read_records(tmp_path / "records.csv")  # beyond_half is left out
    assert first.defense == "began_cs:average=0.9"
    assert (first.threat, first.metric, first.value) == ("reencode", "names_target_identity", 0.25)
    assert (first.cleaned, first.fits, first.verdict) == (0, 1, "")
    assert (last.purpose, last.status, last.n, last.share) == ("release", "skipped", 0, 1.0)
    assert math.isnan(last.value)


def test_provenance_has_versions_and_takes_more_facts():
    found = provenance(device="cpu", seconds=3.5)
    assert found["device"] == "cpu"
    assert {"python", "numpy", "torch", "timm"} <= set(found["versions"])
    assert found["recomputed"] is True


@pytest.mark.parametrize("board", BOARDS, ids=lambda path: path.name)
def test_boards_are_small_and_of_their_grid(board):
    table, described = board.with_suffix(".csv"), board.with_suffix(".json")
    tasks = read(board.name).tasks
    n_secrets = sum(len(task.private) for task in tasks)  # each has tables of its own
    assert table.stat().st_size <= max(200_000, 60_000 * n_secrets)
    assert described.stat().st_size <= 400_000
    found = read_records(table)
    there = {task.title for task in tasks if not task.data_optional}
    assert there <= {each.task for each in found} <= {task.title for task in tasks}
    assert all(each.metric and each.n for each in found if each.status == "ok")
    facts = json.loads(described.read_text())["unmask"]["provenance"]
    assert facts["commit"]
    assert facts["date"]


@pytest.mark.parametrize("board", BOARDS, ids=lambda path: path.name)
def test_pandas_reads_boards_without_surprises(board):
    frame = pd.read_csv(board.with_suffix(".csv"))
    assert set(frame.status) <= {"ok", "failed", "skipped"}
    for name in ("cell", "value", "n", "chosen", "fits", "metric", "defense"):
        assert not frame[name].isna().any()
    unmask = json.loads(board.with_suffix(".json").read_text())["unmask"]
    cells = pd.DataFrame(unmask["cells"]["rows"], columns=unmask["cells"]["columns"])
    both = frame.merge(cells, on="cell", suffixes=("", "_of_cell"))
    assert len(both) == len(frame)
    assert (both.defense == both.defense_of_cell).all()


@pytest.mark.parametrize("board", BOARDS, ids=lambda path: path.name)
def test_boards_are_valid_data_packages(board):
    frictionless = pytest.importorskip("frictionless")
    report = frictionless.validate(str(board.with_suffix(".json")), type="package")
    assert report.valid, report.flatten(["rowNumber", "fieldNumber", "type", "note"])
