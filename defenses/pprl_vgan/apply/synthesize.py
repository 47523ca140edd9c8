"""Synthesis: faces of codes that no picture has."""

from dataclasses import dataclass

import numpy as np

from bench.api import field
from bench.operation import Applied, Operation, Pictures, Tools
from bench.registry import register
from defenses.pprl_vgan.apply.codec import Codec


@register("synthesize")
@dataclass(frozen=True)
class Synthesize(Operation):
    """Draws codes from the normal prior, and shows each with the face of everybody or of one.

    Source: Chen, Konrad, Ishwar, CVPR-W 2018; released img_applications.py.
    Differs from it: codes have the standard deviation 1, that of the prior; the authors' have
        exp(0.5), because they pass ones as logarithms of variances (`std=1.65`).
    """

    defense = "pprl_vgan"
    takes_pictures = False

    person: int = field(-1, about="index of the person, among the defender's people; -1: everybody")
    n: int = field(10, about="codes", within="[1, 1e5]")
    std: float = field(1.0, about="standard deviation of the codes", within="[0, 100]")

    def apply(self, pictures: Pictures, tools: Tools) -> Applied:
        """A picture of each person and code; the sheet has a row for each person."""
        codec, (rng, *_) = Codec(tools), tools.context.row_rngs
        width = codec.codes(np.zeros((1, *tools.context.shape), np.uint8)).shape[1]
        codes = self.std * rng.standard_normal((self.n, width), np.float32)
        shown = codec.shown_as(codes, self.person)
        named = {
            f"person {one}/{number:05d}": image
            for one, made in shown.items()
            for number, image in enumerate(made)
        }
        sheet = {f"person {one}": made for one, made in shown.items()}
        measures = {"named as the person shown": codec.named(shown, np.arange(self.n))}
        nothing = np.zeros((0, *tools.context.shape), np.uint8)
        return Applied(named, nothing, sheet, measures)
