"""Selection of the strongest attacker on validation pictures, to report it on the probe."""

from collections.abc import Iterable
from typing import NamedTuple

from bench.answers import AnyAnswers
from bench.metrics.advantage import Sign, advantage
from bench.reports.results import Result


class Choice(NamedTuple):
    """The strongest of several results, and the sign to read its scores with."""

    result: Result
    sign: Sign

    @property
    def probe(self) -> AnyAnswers:
        """Its answers about the probe: who has answered about validation pictures has these too."""
        if self.result.probe is None:
            raise ValueError("expected answers about the probe of a chosen result, got none")
        return self.result.probe


def strongest(results: Iterable[Result], *, inverts: bool = True) -> Choice | None:
    """The result with the largest advantage on validation pictures; None if none has answers.

    Ties go to the first, so the order of the grid decides. With `inverts`, answers that are wrong
    more often than right count as their opposite; not for utility, whose users do not know that a
    judge errs.
    """
    best: Choice | None = None
    best_advantage = 0.0
    for result in results:
        if result.valid is None:
            continue
        try:
            value, sign = result.figures(advantage, result.valid)
        except ValueError:  # one class only among validation pictures
            continue
        if not inverts:
            value, sign = value * sign, 1
        if best is None or value > best_advantage:
            best, best_advantage = Choice(result, sign), value
    return best
