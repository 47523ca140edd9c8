import io
import json
import random
import zipfile
from contextlib import suppress
from hashlib import sha256
from math import isfinite

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.registry import plugins
from bench.reports.boards import read_records, write_board
from bench.reports.bundle import opened
from bench.reports.records import records
from bench.reports.rescoring import difference

pytestmark = pytest.mark.slow


def rewritten(bundle, path, change):
    """A copy of a bundle with other members, by name."""
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(path, "w") as new:
        members = {name: old.read(name) for name in old.namelist()}
        for name, content in change(members).items():
            new.writestr(name, content)
    return path


def rescored(path):
    with opened(path) as content:
        found = records(content.results, content.qualities)
        return difference(read_records(content.records / "records.csv"), found), found


def test_all_records_follow_from_the_answers(toy_run):
    differs, found = rescored(toy_run.bundle)
    assert (differs, len(found)) == ("", len(read_records(toy_run.run / "records.csv")))
    assert {r.verdict for r in found} > {"reference"}


def test_a_bundle_holds_no_picture_and_no_weights(toy_run):
    with zipfile.ZipFile(toy_run.bundle) as packed:
        names = [name for name in packed.namelist() if name.endswith(".npy")]
        arrays = [np.load(io.BytesIO(packed.read(name))) for name in names]
    assert len(arrays) > 20
    assert max(array.ndim for array in arrays) <= 2
    assert not any(name.endswith(("images.npy", "weights.npy")) for name in names)


def test_equal_runs_make_equal_bundles(toy_run, tmp_path):
    from bench.campaign import stored

    stored(toy_run.run, toy_run.store).bundle(tmp_path / "again.zip", toy_run.run)
    assert (tmp_path / "again.zip").read_bytes() == toy_run.bundle.read_bytes()


def test_names_of_real_people_stay_out(toy_run, tmp_path, monkeypatch):
    from bench.campaign import stored

    monkeypatch.setattr(plugins("dataset")["toy"], "shareable", False)
    done = stored(toy_run.run, toy_run.store)
    done.write_records(tmp_path)
    done.bundle(tmp_path / "real.zip", tmp_path)
    with zipfile.ZipFile(tmp_path / "real.zip") as packed:
        text = packed.read("bundle.json").decode()
    assert "Surname0" not in text
    assert "person 0" in text


def test_every_altered_number_is_caught(toy_run, tmp_path):
    _, found = rescored(toy_run.bundle)
    told, rng = read_records(toy_run.run / "records.csv"), random.Random(0)
    with_numbers = [i for i, r in enumerate(told) if isfinite(r.value)]
    missed = []
    for place in rng.sample(with_numbers, 100):
        name = rng.choice(["value", "value", "low", "high", "chance", "n"])
        before = getattr(told[place], name)
        step = 1 if name == "n" else 0.0011 if name in ("low", "high") else 0.00011
        if before != before:
            name, before, step = "value", told[place].value, 0.00011
        changed = [*told]
        changed[place] = told[place]._replace(**{name: before + step})
        write_board(changed, tmp_path / "board.csv", {})
        if not difference(read_records(tmp_path / "board.csv"), found):
            missed.append((name, before, told[place].metric, told[place].status))
    assert missed == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("marks", "stable"), ("verdict", "hidden as far as tried"), ("reason", "none"), ("seed", 7)],
)
def test_altered_words_are_caught(toy_run, name, value):
    _, found = rescored(toy_run.bundle)
    place = next(i for i, r in enumerate(found) if r.verdict == "leaks")
    told = [*found]
    told[place] = told[place]._replace(**{name: value})
    assert f"record {place + 1} " in difference(told, found)
    assert "expected" in difference(told[:-1], found)


def test_answers_that_were_altered_are_refused(toy_run, tmp_path):
    def change(members):
        name = next(name for name in members if name.endswith("scores.npy"))
        *most, last = members[name]
        return members | {name: bytes([*most, last ^ 1])}

    path = rewritten(toy_run.bundle, tmp_path / "b.zip", change)
    with pytest.raises(ValueError, match="is not as it was written"), opened(path):
        pass


@pytest.mark.parametrize(
    ("plugin", "facts", "message"),
    [
        ("pixelate", {"changes_nothing": True}, "changes_nothing=False"),
        ("fitted", {"ours": True}, "expected a defense of this suite"),
        ("nearest", {"frozen": True}, "frozen=False"),
        ("pixelate", {"spec": "pixelate:block=0.25,blok=2"}, "expected a field"),
    ],
)
def test_facts_of_our_plugins_cannot_be_claimed(toy_run, tmp_path, plugin, facts, message):
    def change(members):
        index = json.loads(members["bundle.json"])
        index["plugins"] = [
            each | facts if each["spec"].startswith(plugin) else each for each in index["plugins"]
        ]
        return members | {"bundle.json": json.dumps(index)}

    path = rewritten(toy_run.bundle, tmp_path / "b.zip", change)
    with pytest.raises(ValueError, match=message), opened(path):
        pass


def test_an_error_outside_a_bundle_is_not_the_bundles(toy_run):
    with pytest.raises(ValueError, match=r"\Amine\Z"), opened(toy_run.bundle):
        raise ValueError("mine")


def exchanged(toy_run, path, change):
    """A bundle in which a function has changed the index: cells, entries by key, and plugins."""

    def rewrite(members):
        index = json.loads(members["bundle.json"])
        change(index)
        return members | {"bundle.json": json.dumps(index)}

    return rewritten(toy_run.bundle, path, rewrite)


def asked(index, purpose, defense, threat, attacker="memory"):
    names = [each["spec"].partition(":")[0] for each in index["plugins"]]
    return next(
        cell
        for cell in index["cells"]
        if (cell["purpose"], names[cell["defense"]]) == (purpose, defense)
        and (cell["threat"], names[cell["attacker"]], cell["seed"]) == (threat, attacker, 0)
    )


LIES = {
    "answers of another defense": (("private", "constant", "aware"), "those of constant"),
    "answers of none": (("private", "none", "raw"), "no release"),
    "answers of another threat": (("private", "pixelate", "raw"), "another threat"),
}


@pytest.mark.parametrize("lie", LIES)
def test_answers_of_another_cell_are_refused(toy_run, tmp_path, lie):
    other, message = LIES[lie]

    def change(index):
        asked(index, "private", "pixelate", "aware")["keys"] = asked(index, *other)["keys"]

    path = exchanged(toy_run, tmp_path / "b.zip", change)
    with pytest.raises(ValueError, match=message), opened(path):
        pass


def test_shuffled_answers_and_other_recipes_are_refused(toy_run, tmp_path):
    def shuffled(index):
        raw = asked(index, "private", "none", "raw")
        raw["keys"] = asked(index, "permuted", "none", "raw")["keys"]

    path = exchanged(toy_run, tmp_path / "b.zip", shuffled)
    with pytest.raises(ValueError, match="another control"), opened(path):
        pass

    def renamed(index):
        key = asked(index, "private", "pixelate", "aware")["keys"][0]
        index["entries"][key]["recipe"]["detail"]["seed"] = 5

    path = exchanged(toy_run, tmp_path / "b.zip", renamed)
    with pytest.raises(ValueError, match="expected the recipe of"), opened(path):
        pass


def test_answers_about_other_people_are_refused(toy_run, tmp_path):
    def rewrite(members):
        index = json.loads(members["bundle.json"])
        key = asked(index, "private", "pixelate", "aware")["keys"][0]
        member = f"{key}/truth.npy"
        file = io.BytesIO()
        np.save(file, np.roll(np.load(io.BytesIO(members[member])), 7))
        index["entries"][key]["arrays"]["truth"] = sha256(file.getvalue()).hexdigest()
        return members | {"bundle.json": json.dumps(index), member: file.getvalue()}

    path = rewritten(toy_run.bundle, tmp_path / "b.zip", rewrite)
    with pytest.raises(ValueError, match="expected the identity of its pictures"), opened(path):
        pass


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(data=st.data())
def test_a_hostile_bundle_gets_one_line(toy_run, tmp_path, data):
    kind = data.draw(st.sampled_from(["bytes", "cut", "index", "member", "text"]))
    content = bytearray(toy_run.bundle.read_bytes())
    path = tmp_path / "hostile.zip"
    if kind == "bytes":
        for _ in range(data.draw(st.integers(1, 5))):
            content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
    elif kind == "cut":
        path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    elif kind == "text":
        path.write_bytes(data.draw(st.binary(max_size=200)))
    else:
        rewritten(toy_run.bundle, path, lambda members: _hostile(members, data, kind))
    with suppress(ValueError), opened(path):
        return  # what was altered is not read
    with pytest.raises(ValueError, match=r"\Aexpected [^\n]*\Z"), opened(path):
        pass


def _hostile(members, data, kind):
    if kind == "member":
        name = data.draw(st.sampled_from(sorted(members)))
        return members | {name: data.draw(st.binary(max_size=100))}
    index = json.loads(members["bundle.json"])
    place, name = index, data.draw(st.sampled_from(sorted(index)))
    while isinstance(place[name], dict | list) and place[name] and data.draw(st.booleans()):
        place = place[name]
        keys = sorted(place) if isinstance(place, dict) else list(range(min(len(place), 5)))
        name = data.draw(st.sampled_from(keys))
    values = (None, -1, 10**30, 1e308, "../../x", "<script>", [], {}, "\0", [[[]]], "x" * 10**5)
    place[name] = data.draw(st.sampled_from(values))
    return members | {"bundle.json": json.dumps(index)}
