"""What a run writes is a Frictionless data package, and a reader of it finds what is wrong."""

import hashlib
import json
import math
from decimal import Decimal

import pytest

from bench.reports.boards import write_board
from bench.reports.records import Record

frictionless = pytest.importorskip("frictionless")

PLAIN = dict.fromkeys(Record._fields, "") | Record._field_defaults
PLAIN |= {"value": 0.5, "low": 0.25, "high": 0.75, "chance": math.nan, "n": 9, "n_people": 3}
PLAIN |= {"seed": 0, "share": 1.0, "chosen": 0, "sign": 1, "status": "ok"}
PLAIN |= {"task": "hide", "data": "synthetic", "protocol": "open", "form": "pixels"}
PLAIN |= {"purpose": "private", "target": "gender", "attacker": "cnn", "threat": "raw"}
PLAIN |= {"defense": "blur", "metric": "auc"}
RECORDS = (
    PLAIN,
    PLAIN | {"value": math.nan, "low": math.nan, "high": math.nan, "n": 0, "n_people": 0}
    | {"status": "skipped", "reason": "n/a: too few"},
    PLAIN | {"metric": "mae", "value": math.inf, "low": -math.inf, "high": math.inf},
    PLAIN | {"metric": "ssim", "purpose": "release", "target": "", "attacker": "", "threat": ""},
    PLAIN | {"target": "=1+1", "verdict": "-leaks", "chance": 1e-9, "cleaned": 1, "low": math.nan},
    PLAIN | {"defense": 'folder:root="a, b",x=ü', "metric": "rank", "value": 12.0},
)  # fmt: skip


@pytest.fixture
def package(tmp_path):
    """The path of a run's JSON; every kind of cell is in its CSV."""
    write_board([Record(**fields) for fields in RECORDS], tmp_path / "records.csv", {})
    return tmp_path / "records.json"


def errors(package):
    """Types of what frictionless finds, each once."""
    report = frictionless.validate(str(package), type="package")
    return {row[0] for row in report.flatten(["type"])}


def alter(package, column, text):
    """Puts another text in the first line of the CSV, and makes hash and size those of the file."""
    path = package.with_suffix(".csv")
    names, first, *rest = path.read_text().split("\n")
    cells = first.split(",")
    cells[names.split(",").index(column)] = text
    content = "\n".join([names, ",".join(cells), *rest]).encode()
    path.write_bytes(content)
    described = json.loads(package.read_text())
    about = {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
    described["resources"][0].update(about)
    package.write_text(json.dumps(described))


def test_infinite_empty_and_neutralised_cells_are_valid(package):
    assert errors(package) == set()
    text = package.with_suffix(".csv").read_text()
    assert ",INF,-INF,INF," in text
    assert "'=1+1" in text
    assert len(text.splitlines()) == 6  # what has no number is not in the CSV


def test_numbers_are_read_with_their_types(package):
    resource = frictionless.Package(str(package)).resources[0]
    rows = resource.read_rows()
    assert [row["value"] for row in rows][:2] == [Decimal("0.5"), math.inf]
    assert rows[1]["low"] == -math.inf
    assert rows[0]["chance"] is None
    assert rows[3]["cleaned"] == 1
    assert all(isinstance(row["n"], int) for row in rows)


@pytest.mark.parametrize(
    ("column", "text", "error"),
    [
        ("value", "high", "type-error"),
        ("low", "1;2", "type-error"),
        ("n", "1.5", "type-error"),
        ("cell", "first", "type-error"),
        ("status", "n/a", "constraint-error"),
        ("n", "-3", "constraint-error"),
        ("chosen", "7", "constraint-error"),
        ("value", "", "constraint-error"),
    ],
)
def test_a_wrong_type_or_word_is_found(package, column, text, error):
    alter(package, column, text)
    assert errors(package) == {error}


def test_another_number_is_found_by_its_digest(package):
    path = package.with_suffix(".csv")
    path.write_text(path.read_text().replace(",.5,", ",.4,", 1))
    assert errors(package) == {"hash-count"}


def test_a_cell_too_many_is_found(package):
    alter(package, "cleaned", ",0")
    assert errors(package) == {"extra-cell"}
