"""How well trained networks tell drawn people apart, and by what."""

from collections.abc import Iterator

from bench.answers import Answers, Estimate, Said, Templates
from bench.api import Attacker, Dataset, Defense
from bench.audit.findings import Finding, Verdict
from bench.metrics import verification
from bench.metrics.accuracy import auc, top1
from bench.metrics.identification import gallery_of, search, sizes
from bench.metrics.pairs import comparison
from bench.registry import make
from bench.runner.cells import Cell
from bench.runner.engine import LocalEngine
from bench.runner.plan import Planner
from bench.runner.said import said_in
from bench.runner.store import Store
from bench.runner.threats import RAW
from bench.spec import Spec

KNOWN = "synthetic:people=30,takes=8,pictures=20,size=32,protocol=closed,seed={},alike={}"
STRANGERS = "synthetic:people=400,takes=2,pictures=6,size=32,protocol=open,seed={},alike=hair"
MANY = "synthetic:people=4000,takes=2,pictures=3,size=32,protocol=open,seed={}"
CLASSIFIER = "cnn:batch=48,steps=60,rounds=4"
MATCHER = "matcher:backbone=resnet,batch=64,steps=100,rounds=3"
KEPT = {"extras": 0.8, "colour": 0.9}  # of the rank-1, without the respect
GENDER_AUC = 0.8  # of strangers, without hair


def likeness(seed: int, store: Store) -> Iterator[Finding]:
    """Faces must tell people and gender, not their hair, glasses, beard or colour alone."""
    known = {
        alike: top1(_answers(KNOWN.format(seed, alike), "identity", store)) for alike in ("", *KEPT)
    }
    yield _told("rank-1 of 30 people, unseen takes", known[""], None, "no bar")
    for alike, share in KEPT.items():
        about, bar = f"the same, {alike} alike", share * known[""].value
        yield _told(about, known[alike], bar, f"at least {share:g} of the value with {alike}")
    gender = auc(_answers(STRANGERS.format(seed), "gender", store))
    reason = f"AUC, unseen people; at least {GENDER_AUC:g}"
    yield _told("gender, hair alike", gender, GENDER_AUC, reason)
    yield from _matched(MANY.format(seed), store)


def _matched(data: str, store: Store) -> Iterator[Finding]:
    """EER, and rank-1 in galleries of growing size."""
    said = _said(data, "identity", MATCHER, store)
    if not isinstance(said, Templates):
        raise TypeError("a matcher of strangers answers with templates")
    yield _told(
        "EER of a matcher, unseen people", verification.eer(comparison(said)), None, "no bar"
    )
    found = search(said)
    for size in sizes(found.n_enrolled):
        yield _told(f"its rank-1 of {size} people", gallery_of(found, size), None, "no bar")


def _answers(data: str, target: str, store: Store) -> Answers:
    said = _said(data, target, CLASSIFIER, store)
    if not isinstance(said, Answers):
        raise TypeError("a classifier answers with scores")
    return said


def _said(data: str, target: str, attacker: str, store: Store) -> Said:
    """The answers about the probe, without a defense."""
    planner, threat = Planner(store.root), Spec("raw")
    plugins = (make(Dataset, Spec.parse(data)), make(Defense, Spec("none")))
    asked = make(Attacker, Spec.parse(attacker))
    cell = Cell("likeness", "private", target, *plugins, asked, RAW, threat, 0, (), "")
    for outcome in LocalEngine().run(planner.plan([cell]), store):
        if outcome.reason:
            raise ValueError(outcome.reason)
    return said_in(store.get(planner.answer(cell).key), cell)


def _told(about: str, found: Estimate, bar: float | None, reason: str) -> Finding:
    verdict: Verdict = "short" if bar is not None and found.value < bar else "ok"
    return Finding("renderer", about, *found, verdict, reason)
