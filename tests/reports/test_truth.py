"""The planted cases of docs/truth.md: what is said of each must be what the page says."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from bench.answers import Answers
from bench.api import Defense
from bench.forensics.cleaning import cleaned
from bench.metrics.accuracy import top1
from bench.metrics.separability import pairwise_auc
from bench.registry import make, spec_of
from bench.reports.summary import _CHEATS, _rows
from bench.runner.grid import Grid
from bench.runner.store import Store
from bench.spec import Spec
from tests.plugins.patterns import bit_of, read_with_the_key

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[2] / "docs" / "truth.md"
LARGE = "planted:takes=4,pictures=8"
FLAT, KNN, BITS = "flat:steps=15,rounds=3,batch=48", "knn", "low_bits"
SMALL = {"imprecise", "not-shown-strong"}  # marks that more pictures or attackers would take away

GRIDS = {
    "open": {"attackers": [FLAT, KNN, BITS]},
    "simple": {"attackers": [KNN, BITS]},
    "codes": {"attackers": [FLAT, KNN, "mlp:steps=15,rounds=3"], "threats": ["aware", "latent"]},
    "large": {"data": LARGE, "attackers": [FLAT, KNN, BITS]},
    "people": {
        "data": "planted:people=20,takes=16,pictures=3,protocol=closed",
        "private": ["identity"],
        "attackers": [FLAT, KNN],
    },
    "moods": {"private": ["mood"], "attackers": [FLAT, KNN]},
    "useful": {"utility": ["mood"], "utility_threats": ["aware"], "attackers": [FLAT, KNN, BITS]},
    "blind": {"utility": ["mood"], "utility_threats": ["aware"], "attackers": ["asleep"]},
    "fits": {"seeds": [1, 2], "attackers": [KNN]},
    "asleep": {"attackers": ["asleep"]},
    "hasty": {"data": LARGE, "attackers": ["flat:steps=2,rounds=1", KNN, BITS]},
    "alone": {"data": LARGE, "attackers": [KNN]},
    "failing": {"attackers": [KNN, "broken_attacker:how=nan"]},
}


class Case(NamedTuple):
    """A grid, a defense, the form of its release, and the headline."""

    grid: str
    defense: str
    form: str = "pixels"
    metric: str = "leakage"


CASES = {
    "none": Case("large", "none"),
    "constant": Case("large", "constant"),
    "drawn without the picture": Case("large", "partial"),
    "three tenths": Case("large", "partial:share=0.1633"),
    "opposite sign": Case("open", "sign_flip"),
    "sign at random": Case("open", "sign_flip:probe=half"),
    "a set that knows the probe": Case("open", "works_on_sets:probe=half"),
    "never forgets": Case("open", "never_forgets:probe=half"),
    "other names": Case("people", "other_names"),
    "moods turned": Case("moods", "other_names:label=mood,n_probe=240"),
    "codes that fade": Case("codes", "code_for_attackers:how=fades", "codes"),
    "codes that flip": Case("codes", "code_for_attackers:how=flips", "codes"),
    "parity in codes": Case("codes", "code_for_attackers:how=parity", "codes"),
    "a late decimal of codes": Case("codes", "code_for_attackers:how=decimals", "codes"),
    "utility card": Case("useful", "mood_card"),
    "utility card from y": Case("useful", "told:how=mood"),
    "utility of one grey level": Case("useful", "faint_mood"),
    "a blind judge": Case("blind", "none", metric="kept"),
    "asleep": Case("asleep", "partial"),
    "undertrained": Case("hasty", "partial"),
    "neighbours alone": Case("alone", "partial"),
    "lucky fit": Case("fits", "lucky"),
    "one of twenty": Case("people", "betrays"),
    "one class": Case("moods", "one_mood"),
    "raw where few": Case("simple", "behaves_in_crowds"),
    "raw from the fifth call": Case("simple", "counts_calls"),
    "refuses one": Case("simple", "refuses_one"),
    "parrot": Case("simple", "parrot"),
    "thumbnail under a key": Case("open", "keyed:how=low_bits"),
    "parity of ten": Case("open", "keyed:how=parity"),
    "one-time pad": Case("open", "keyed:how=pad"),
    "parity of ten blocks": Case("open", "keyed:how=coarse"),
    "pairs of a take": Case("open", "pairs_of_a_take"),
    "a pixel's place": Case("people", "named_pixel"),
    "a faint mask": Case("people", "faint_mask"),
    "saturation": Case("simple", "channel:how=saturation"),
    "every second raw": Case("simple", "some_are_raw"),
    "label in a low bit": Case("simple", "low_bit"),
    "y of nothing": Case("open", "told:how=nothing"),
    "y of the secret": Case("open", "told:how=colour"),
    "y of a pad": Case("open", "told:how=pad"),
    "a memory behind y": Case("simple", "remembers"),
    "a memory in low bits behind y": Case("open", "told:how=memory"),
    "a failed attack": Case("failing", "partial"),
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory, runner):
    """The records of a grid by name; each runs once, and all share what they can."""
    store, done = Store(tmp_path_factory.mktemp("truth")), {}

    def run(name):
        if name not in done:
            plugin("unstable").CALLS.clear()  # other tests count too
            task = {"private": ["colour"], "data": "planted", "threats": ["aware"], **GRIDS[name]}
            seeds = task.pop("seeds", [0])
            task["defenses"] = [case.defense for case in CASES.values() if case.grid == name]
            grid = {"name": name, "seeds": seeds, "tasks": [task]}
            done[name] = runner(store, Grid.model_validate(grid))
        return done[name]

    return run


def plugin(file):
    return next(m for name, m in sys.modules.items() if name.startswith(f"bench_plugin_{file}_"))


def page():
    """What the page says of each case: the verdicts of its plain and of its cleaned release."""
    rows = re.findall(r"^\| (.+?) \| .*? \| .*? \| (.*?) \| (.*?) \|$", PAGE.read_text(), re.M)
    return {name: (plain, clean) for name, plain, clean in rows if name in CASES}


def found(done, case):
    lines = done.select(metric=case.metric, form=case.form)
    said = {line.cleaned: _words(line) for line in lines[::-1] if _is_of(line, case)}
    return said[0], said.get(1, "")


def _is_of(line, case):
    return line.defense == str(spec_of(make(Defense, Spec.parse(case.defense))))


def _words(line):
    marks = list(dict.fromkeys(line.marks.split()))
    telling = [mark for mark in marks if mark not in SMALL] or marks
    word = line.verdict or line.metric
    return f"{word}: {', '.join(telling)}" if telling else word


def test_the_page_lists_all_cases():
    assert list(page()) == list(CASES)


@pytest.mark.parametrize("grid", GRIDS)
def test_what_the_page_says_happens(grid, ran):
    cases = {name: case for name, case in CASES.items() if case.grid == grid}
    said = page()
    assert {name: found(ran(grid), case) for name, case in cases.items()} == {
        name: said[name] for name in cases
    }


def test_cheats_stand_below_all_others(ran):
    for grid in ("open", "simple", "useful"):
        places = [bool(row.marks & _CHEATS) for row in _rows(ran(grid).records)]
        assert places == sorted(places)


def test_what_a_key_reads_before_and_after_cleaning():
    faces = plugin("planted").Planted().load(None).faces
    rows = []
    for how in ("low_bits", "parity", "pad", "coarse"):
        drawn = SimpleNamespace(row_rngs=[np.random.default_rng(i) for i in range(len(faces))])
        shown = plugin("channels").Keyed(how=how).protect(faces, {}, drawn).images
        after = cleaned(shown, [np.random.default_rng(9000 + i) for i in range(len(faces))])
        right = [(read_with_the_key(x, how) == bit_of(faces.images)).mean() for x in (shown, after)]
        rows.append(f"| `{how}` | {right[0]:.0%} | {right[1]:.0%} |")
    table = "\n".join(rows)
    assert table in PAGE.read_text(), f"put this into {PAGE}:\n{table}"


def test_separability_hardly_depends_on_the_number_of_classes(rng):
    said = []
    for n_classes in (2, 8):
        truth = np.arange(8_000) % n_classes
        scores = rng.normal(size=(len(truth), n_classes)) + np.eye(n_classes)[truth]
        ids = np.arange(len(truth))
        answers = Answers(scores.astype(np.float32), truth, ids // 10, ids)
        said.append([pairwise_auc(answers).value, top1(answers).value])
    (auc, right), (auc_of_8, right_of_8) = said
    text = f"AUC {auc:.2f} and {auc_of_8:.2f}, right {right:.0%} and {right_of_8:.0%}."
    assert text in PAGE.read_text(), text
