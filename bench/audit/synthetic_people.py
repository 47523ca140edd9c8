"""Checks of the renderer: faces must show identity and gender; hair, colour or glasses must not."""

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.answers import Answers, Estimate, Templates
from bench.api import Attacker, Dataset, Defense
from bench.audit.findings import TIMES_CHANCE, Finding, Verdict, limit_finding
from bench.data.synthetic.expressions import ACTION_UNITS
from bench.data.synthetic.pictures import Scenes, scenes
from bench.data.synthetic.render import draw
from bench.forensics.cross_validation import cross_validated, folds
from bench.forensics.image_features import mean_colour
from bench.metrics import verification
from bench.metrics.accuracy import auc, top1
from bench.metrics.identification import gallery_of, search, sizes
from bench.metrics.pairs import comparison
from bench.registry import make
from bench.runner.answers_io import answers_in
from bench.runner.cells import Cell
from bench.runner.engines.local import LocalEngine
from bench.runner.planner import Planner
from bench.runner.step import run_or_raise
from bench.runner.store import Store
from bench.spec import Spec
from bench.threats import RAW

A = TypeVar("A", Answers, Templates)

SET = (100, 4, 10)  # people, takes of each, pictures of each take
SIZE_PX = 32
KNOWN = "synthetic:people=30,takes=8,pictures=20,size=32,protocol=closed,seed={},alike={}"
UNSEEN = "synthetic:people=400,takes=2,pictures=6,size=32,protocol=open,seed={},alike=hair"
MANY = "synthetic:people=4000,takes=2,pictures=3,size=32,protocol=open,seed={}"
CLASSIFIER = "cnn:batch=48,steps=60,rounds=4"
MATCHER = "matcher:backbone=resnet,batch=64,steps=100,rounds=3"
KEPT = {"extras": 0.8, "colour": 0.9}  # share of rank-1 that must remain where these are alike
GENDER_AUC = 0.8  # of unseen people whose hair is alike, at least


def renderer_checks(seed: int) -> Iterator[Finding]:
    """With `style`, and only with it, action units identify people; mean colour hardly does."""
    populations = {style: scenes(*SET, seed, style=style) for style in (True, False)}
    for style, drawn in populations.items():
        columns = [np.asarray(drawn.labels[name], np.float32) for name in ACTION_UNITS]
        units = np.stack(columns, axis=1)
        found = _rank1(drawn, units)
        above = found.low > found.chance
        about = f"identity from true action units, style={str(style).lower()}"
        expected = "above" if style else "not above"
        reason = f"top-1 among {SET[0]} people, unseen takes; low must be {expected} chance"
        yield Finding("synthetic", about, *found, "ok" if above == style else "leaks", reason)
    found = _rank1(populations[True], mean_colour(draw(populations[True], SIZE_PX)))
    about, reason = "identity from mean colour", f"top-1 among {SET[0]} people, unseen takes"
    yield limit_finding("synthetic", about, found, TIMES_CHANCE * found.chance, reason)


def network_checks(seed: int, store: Store) -> Iterator[Finding]:
    """Networks identify people and gender by the face, not by hair, glasses, beard or colour."""
    known = {
        alike: top1(_answers(Answers, KNOWN.format(seed, alike), "identity", CLASSIFIER, store))
        for alike in ("", *KEPT)
    }
    yield _finding("rank-1 of 30 people, unseen takes", known[""])
    for alike, share in KEPT.items():
        least, reason = share * known[""].value, f"at least {share:g} of the value with {alike}"
        yield _finding(f"the same, {alike} alike", known[alike], least, reason)
    gender = auc(_answers(Answers, UNSEEN.format(seed), "gender", CLASSIFIER, store))
    reason = f"AUC, unseen people; at least {GENDER_AUC:g}"
    yield _finding("gender, hair alike", gender, GENDER_AUC, reason)
    templates = _answers(Templates, MANY.format(seed), "identity", MATCHER, store)
    yield _finding("EER of a matcher, unseen people", verification.eer(comparison(templates)))
    found = search(templates)
    for size in sizes(found.n_enrolled):
        yield _finding(f"its rank-1 of {size} people", gallery_of(found, size))


def _rank1(drawn: Scenes, features: NDArray[np.float32]) -> Estimate:
    person, take = (np.asarray(drawn.labels[name], np.int64) for name in ("identity", "take"))
    return top1(cross_validated(features, person, person, folds(take, person)))


def _answers(kind: type[A], data: str, target: str, attacker: str, store: Store) -> A:
    """The answers about the probe, without a defense."""
    cell = Cell(
        task="synthetic people",
        purpose="private",
        target=target,
        data=make(Dataset, Spec.parse(data)),
        defense=make(Defense, Spec("none")),
        attacker=make(Attacker, Spec.parse(attacker)),
        threat=RAW,
        threat_spec=Spec("raw"),
        seed=0,
    )
    answer = Planner(store.root).cell(cell).answer
    answers = answers_in(run_or_raise([answer], store, LocalEngine().run)[0], cell)
    if not isinstance(answers, kind):
        raise TypeError(f"expected {kind.__name__} of {attacker}, got {type(answers).__name__}")
    return answers


def _finding(about: str, found: Estimate, least: float = 0.0, reason: str = "no limit") -> Finding:
    verdict: Verdict = "short" if found.value < least else "ok"
    return Finding("synthetic", about, *found, verdict, reason)
