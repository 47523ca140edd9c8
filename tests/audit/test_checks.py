"""Single checks, and the command from the data set to the file."""

import csv

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter
from typer.testing import CliRunner

from bench.api import Dataset
from bench.audit.audited_data import load_audited
from bench.audit.checks import audit, balance, leaks, role_shift, role_shift_finding
from bench.audit.findings import Finding
from bench.cli import app
from bench.faces import MISSING, Faces
from bench.forensics.two_sample_test import PictureSet, two_sample_test
from bench.registry import make
from bench.runner.store import Store
from bench.spec import Spec


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """Audits in an empty folder."""
    monkeypatch.chdir(tmp_path)
    place = ("--store", str(tmp_path / "store"))
    return lambda *words: CliRunner().invoke(app, ["data", "audit", *words, *place])


@pytest.fixture
def photos(tmp_path):
    """Nine people in folders of their own; each one's files have a size of their own."""
    rng = np.random.default_rng(0)
    for person in range(9):
        for number in range(6):
            path = tmp_path / "photos" / f"p{person}" / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 256, (24, 24, 3)).astype(np.uint8)).save(path)
            with path.open("ab") as file:
                file.write(bytes(500 * person))
    return tmp_path / "photos"


def test_the_command_prints_and_writes(bench, tmp_path):
    done = bench("toy:people=12")
    assert done.exit_code == 0, done.stderr
    assert "findings leak" in done.stdout
    with (tmp_path / "runs" / "audit" / "audit.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert tuple(lines[0]) == Finding._fields
    found = {line["about"]: line for line in lines}
    assert found["identity from border"]["verdict"] == "leaks"
    assert found["identity from image id"]["verdict"] == "ok"
    assert found["probe or attacker's picture"]["verdict"] == "ok"
    assert {line["check"] for line in lines} == {"duplicates", "balance", "shortcut", "role_shift"}


def test_duplicates_are_listed_with_their_paths(bench, photos, tmp_path):
    (photos / "p0" / "0.png").write_bytes((photos / "p1" / "0.png").read_bytes())
    done = bench(f"folder:root={photos},size=24,protocol=closed")
    assert done.exit_code == 0, done.stderr
    with (tmp_path / "runs" / "audit" / "audit.csv").open() as file:
        pairs = [line for line in csv.DictReader(file) if line["check"] == "pair"]
    assert {line["about"] for line in pairs} == {f"{photos}/p0/0.png ~ {photos}/p1/0.png"}
    assert all(line["reason"].endswith(" and two takes and two people") for line in pairs)
    assert "3 of 10 findings leak" in done.stdout  # the two, and identity from bytes


def test_the_same_data_give_the_same_bytes(bench, tmp_path):
    bench("toy", "--out", "one")
    bench("toy", "--out", "two")
    one, two = ((tmp_path / name / "audit.csv").read_bytes() for name in ("one", "two"))
    assert one == two


def test_other_targets_can_be_chosen(bench, tmp_path):
    bench("toy", "--target", "colour")
    text = (tmp_path / "runs" / "audit" / "audit.csv").read_text()
    assert "colour from border" in text
    assert "identity from" not in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["toyy"], "did you mean 'toy'?"),
        (["toy:colour=red"], "expected a field of dataset toy, got 'colour'; there are"),
        (["lfw:root=/nowhere"], "the folder /nowhere does not exist"),
        (["toy", "--target", "age"], "toy has the categorical targets"),
        (["toy:takes=2"], "give at least 4 takes of a person"),
    ],
)
def test_a_user_error_is_one_line(bench, words, message):
    done = bench(*words)
    assert done.exit_code == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_bytes_of_files_are_a_shortcut(photos, store):
    data = make(Dataset, Spec.parse(f"folder:root={photos},size=24,protocol=closed"))
    given = load_audited(data, store)
    assert given.files
    expected = [path.stat().st_size for path in sorted(photos.glob("*/*.png"))]
    assert given.n_bytes.tolist() == expected
    leaks = {finding.about for finding in audit(data, store) if finding.verdict == "leaks"}
    assert "identity from bytes" in leaks
    assert "identity from border" not in leaks


def test_without_files_the_bytes_are_those_of_a_png(store):
    given = load_audited(make(Dataset, Spec.parse("toy")), store)
    assert not given.files
    assert given.n_bytes.min() > 100


def test_counts_and_shares_by_hand(honest):
    gender = np.full(240, MISSING)
    gender[:150], gender[150:200] = 0, 1
    identity, found = balance(honest(labels={"gender": gender}))
    assert identity.reason == "12 classes of 20 to 20 pictures; smallest share 0.0833; 0 missing"
    assert (found.value, found.n, found.verdict) == (0.75, 200, "ok")
    shares = "female: 150, male: 50; smallest share 0.25; 40 missing"
    assert (
        found.reason == f"{shares}; 12 people have several classes"
    )  # pictures lie in random order


@pytest.mark.parametrize(
    ("people", "reason"),
    [
        ([3, 5], "person 3: 120, person 5: 120; smallest share 0.5; 0 missing"),
        ([MISSING], "no class; smallest share 0; 240 missing"),
    ],
)
def test_of_many_classes_only_those_that_occur_are_counted(honest, people, reason):
    data = honest()
    labels = {**data.faces.labels, "identity": np.repeat(people, 240 // len(people))}
    few = data._replace(faces=Faces(data.faces.images, labels, data.faces.image_id))
    assert next(balance(few)).reason == reason


def test_what_leaks_is_said_in_words(photos, store):
    spec = f"folder:root={photos},size=24,protocol=closed"
    assert leaks(make(Dataset, Spec.parse(spec)), store) == []
    (photos / "p0" / "0.png").write_bytes((photos / "p1" / "0.png").read_bytes())
    data = make(Dataset, Spec.parse(spec))
    assert leaks(data, Store(store.root / "other")) == ["equal pictures (1)", "near-duplicates (1)"]


def blurred(sigma):
    return lambda images: gaussian_filter(images, (0, 0, sigma, sigma))


def brighter(images):
    return np.minimum(images, 254) + np.uint8(1)


def patterned(images):
    faint = np.random.default_rng(1).integers(0, 2, images.shape[1:]).astype(np.uint8)
    return np.minimum(images, 254) + faint


def same(images):
    return images


@pytest.fixture(params=["closed", "open"])
def verdict(request, honest):
    """The verdict on the releases of two defenses, each of one side."""
    data = honest()
    probe = data.roles["probe"] if request.param == "closed" else data.person < 6

    def judge(defense_of_attackers, defense_of_probe):
        sides = []
        for mask, protect in ((~probe, defense_of_attackers), (probe, defense_of_probe)):
            raw = data.faces.images[mask]
            sides.append(PictureSet(protect(raw), data.person[mask], raw))
        return role_shift_finding("release", two_sample_test(*sides)).verdict

    return judge


@pytest.mark.parametrize("defense", [same, blurred(2.0), brighter, patterned])
def test_the_same_defense_for_all_is_not_flagged(verdict, defense):
    assert verdict(defense, defense) == "ok"


@pytest.mark.parametrize(
    ("defense", "cheat"),
    [(blurred(2.0), blurred(2.1)), (same, brighter), (same, patterned)],
    ids=["another blur", "one grey level", "a faint pattern"],
)
def test_another_defense_for_the_probe_is_found(verdict, defense, cheat):
    assert verdict(defense, cheat) == "leaks"


def test_a_cheat_is_found_without_the_raw_pictures(honest):
    data = honest()
    probe = data.roles["probe"]
    sides = []
    for mask, sigma in ((~probe, 0.8), (probe, 1.0)):
        images = blurred(sigma)(data.faces.images[mask])
        sides.append(PictureSet(images, data.person[mask], images))
    assert role_shift_finding("release", two_sample_test(*sides)).verdict == "leaks"


def test_roles_of_honest_data_do_not_differ(honest):
    finding = role_shift(honest("closed"))
    assert finding.verdict == "ok"
    assert finding.chance == 0.5


def test_a_shift_that_cannot_be_tested_is_not_applicable(honest):
    assert "closed-paper gives" in role_shift(honest("closed-paper")).reason
    few = role_shift(honest("open"))
    assert (few.verdict, few.reason) == ("n/a", "expected at least 5 people in each set, got 3")
