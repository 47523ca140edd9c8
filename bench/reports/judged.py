"""What the strongest judge of each question takes a picture for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from bench.answers import Answers, AnyAnswers, Templates
from bench.api import Defense
from bench.metrics.identification import search
from bench.metrics.information import likeliest
from bench.reports.results import Ids, Result
from bench.reports.selection import strongest
from bench.reports.sheet import MEANT, WRONG

N_JUDGES = 6  # at most; so many lines stand under a picture
_TRAINED = {"raw": "trained on unprotected pictures", "aware": "retrained on releases"}


class Judged(NamedTuple):
    """A judge's answers to a question."""

    about: str  # what is said, and by whom
    captions: Mapping[Defense, Mapping[int, str]]  # by image id


def judged(results: Sequence[Result], ids: Ids) -> list[Judged]:
    """What judges say of these pictures in the first task; private questions first.

    Of each target and threat the attacker that is strongest without a defense on validation
    pictures; probabilities are calibrated on these.
    """
    first = results[0].cell
    questions: dict[tuple[str, str, str], list[Result]] = {}
    for result in sorted(results, key=lambda result: result.cell.purpose):
        cell = result.cell
        is_plain = (cell.threat.form, cell.threat.queries) == ("pixels", 1)
        if is_plain and (cell.task, cell.seed) == (first.task, first.seed):
            question = cell.purpose, cell.target, str(cell.threat_spec)
            questions.setdefault(question, []).append(result)
    found = []
    for (_, target, threat), group in questions.items():
        if choice := strongest(r for r in group if r.cell.defense.changes_nothing):
            judge = choice.result
            who = f"{judge.cell.attacker.name}, {_TRAINED.get(threat, threat)}"
            mine = [result for result in group if result.cell.attacker == judge.cell.attacker]
            captions = {r.cell.defense: dict(_captions(r, judge.valid, ids)) for r in mine}
            found.append(Judged(f"{_said(target, judge)} by {who}", captions))
    return found[:N_JUDGES]


def _said(target: str, result: Result) -> str:
    """What the words and numbers of a judge are."""
    if isinstance(result.probe, Templates):
        return f"{target} as the rank of the right person among those enrolled,"
    return f"P({result.classes[1]})" if len(result.classes) == 2 else f"{target}, with probability,"


def _captions(result: Result, valid: AnyAnswers | None, ids: Ids) -> Iterator[tuple[int, str]]:
    if result.probe is None:
        return
    shown = np.isin(result.probe.image_id, ids)
    probe, names = result.probe.pick(shown), result.classes
    if isinstance(probe, Templates) and np.isin(probe.person, probe.gallery_person).any():
        found = search(probe)
        ranks, known = 1 + found.better + found.tied // 2, found.enrolled  # of a tie the middle
        for image_id, rank in zip(probe.image_id[known].tolist(), ranks[known], strict=True):
            mark = WRONG if rank > 1 else ""
            yield image_id, f"{mark} rank {rank} of {found.n_enrolled}".strip()
    elif isinstance(probe, Answers) and isinstance(valid, Answers):
        said = result.figures(likeliest, probe, valid)
        meant = result.side_info.get("target_identity", np.full(len(shown), -1))[shown]
        rows = zip(probe.image_id.tolist(), said, probe.truth, meant, strict=True)
        for image_id, (named, share), truth, other in rows:
            mark = "" if named == truth else MEANT if named == other else WRONG
            text = f"{names[named] if names else named} {100 * share:.0f} %"
            if len(names) == 2:
                text = f"P({names[1]}) {100 * (share if named else 1 - share):.0f} %"
            yield image_id, f"{mark} {text}".strip()
