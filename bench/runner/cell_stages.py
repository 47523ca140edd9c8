"""What the planner makes of a cell."""

from typing import NamedTuple

from bench.runner.stage import Stage, Stages

Keys = tuple[str, ...]


class CellKeys(NamedTuple):
    """The keys of the stages that a report reads, see `CellStages`."""

    answer: str
    attack: str
    measure: str
    release: str
    part: str
    raw_gallery: Keys
    again: Keys
    code_shift: Keys


class CellStages(NamedTuple):
    """The stages of a cell, by what they hold.

    Attributes:
        answer: the attacker's answers about the probe and the validation part.
        attack: the attacker's weights.
        measure: the release compared with the raw pictures.
        release: the probe's release in the form of the threat.
        pixels: the probe's release as pictures, without controls.
        part: the probe's raw pictures with labels.
        weights: the defense's weights; empty if it does not learn.
        raw_gallery: for a matcher that encodes releases itself, its answers about the codes of the
            raw pictures; else empty.
        again: what the defense answers when it is asked again; empty if it changes nothing.
        code_shift: how codes differ between the roles; empty if none are read.
    """

    answer: Stage
    attack: Stage
    measure: Stage
    release: Stage
    pixels: Stage
    part: Stage
    weights: Stages
    raw_gallery: Stages
    again: Stages
    code_shift: Stages

    @property
    def ends(self) -> Stages:
        """What a report reads."""
        return (self.answer, self.measure, *self.raw_gallery, *self.again, *self.code_shift)

    @property
    def keys(self) -> CellKeys:
        """The keys of what a report reads."""
        return CellKeys(
            self.answer.key,
            self.attack.key,
            self.measure.key,
            self.release.key,
            self.part.key,
            _keys(self.raw_gallery),
            _keys(self.again),
            _keys(self.code_shift),
        )


def _keys(stages: Stages) -> Keys:
    return tuple(stage.key for stage in stages)
