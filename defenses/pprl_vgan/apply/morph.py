"""Expression morphing: a path of codes between two pictures of a person."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.answers import Estimate
from bench.api import field
from bench.faces import Images
from bench.metrics.means import mean, share
from bench.operation import Applied, Judge, Operation, Pictures, Tools, folders
from bench.registry import register
from defenses.pprl_vgan.apply.codec import Codec

MEASURED = (0.0, 0.25, 0.5, 0.75, 1.0)  # positions on the path
N_SHOWN = 10  # pictures of a path on the sheet


@register("morph")
@dataclass(frozen=True)
class Morph(Operation):
    """Morphs the first picture into the second, the third into the fourth, and so on.

    Each pair should show one person; the path shows the same person.

    Source: Chen, Konrad, Ishwar, CVPR-W 2018, applications; released img_applications.py.
    Differs from it: decodes means of codes; estimates the person if `person` is -1.
    """

    defense = "pprl_vgan"

    person: int = field(-1, about="index of the person who is shown; -1: estimated")
    steps: int = field(17, about="pictures per path, including both ends", within="[2, 1e4]")
    target: str = field("expression", about="label that should change along the path")

    def apply(self, pictures: Pictures, tools: Tools) -> Applied:
        """The paths, one after the other."""
        if len(pictures) % 2 or not pictures:
            raise ValueError(f"expected pairs of pictures, got {len(pictures)}; add or remove one")
        codec, images = Codec(tools), np.stack([*pictures.values()])  # (2P, 3, H, W)
        codes = codec.codes(images)
        person = np.full(len(codes) // 2, self.person)
        if self.person < 0:
            person = codec.people_in(images, codes, n_each=2)
        person = person.repeat(self.steps)  # (P*S,)
        way = np.linspace(0, 1, self.steps, dtype=np.float32)[:, None]  # (S, 1)
        between = codes[::2, None] * (1 - way) + codes[1::2, None] * way  # (P, S, D)
        made = codec.faces(between.reshape(len(person), -1), person)  # (P*S, 3, H, W)
        paths = made.reshape(-1, self.steps, *made.shape[1:])  # (P, S, 3, H, W)
        names = [*pictures]
        pairs = [f"{a}-{b.split('/')[-1]}" for a, b in zip(names[::2], names[1::2], strict=True)]
        steps = [f"{pair}-{step:03d}" for pair in pairs for step in range(self.steps)]
        return Applied(
            dict(zip(steps, made, strict=True)),
            _beside(images, paths),
            {pair: _row(images, paths, number) for number, pair in enumerate(pairs)},
            self._measures(images, paths, folders(pictures)[::2], tools),
        )

    def _measures(
        self, images: Images, paths: Images, folder: NDArray[np.int64], tools: Tools
    ) -> Mapping[str, Estimate | str]:
        name = f"probability of the last {self.target}"
        judged = tools.judged(self.target, lambda judge: _along(judge, images, paths))
        if isinstance(judged, str):
            return {name: judged}
        differ, along = judged
        folder = folder[differ]
        found = {
            f"{name}, {way:.0%} of the way": share(along[:, round(way * (self.steps - 1))], folder)
            for way in MEASURED
        }
        return {**found, f"{name}, rise": mean(along[:, -1] - along[:, 0], folder)}


def _along(
    judge: Judge, images: Images, paths: Images
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Which pairs show two classes, (P,), and on their paths the last class's probability, (Q, S).

    Raises:
        ValueError: if the judge sees only one class in each pair.
    """
    first, last = (judge.ask(side).argmax(axis=1) for side in (images[::2], images[1::2]))
    if (first == last).all():
        raise ValueError("the judge sees one class in each pair")
    scores = judge.ask(paths.reshape(-1, *images.shape[1:]))  # (P*S, C)
    of_last = scores.reshape(*paths.shape[:2], -1)[np.arange(len(last)), :, last]  # (P, S)
    return first != last, of_last[first != last]


def _beside(images: Images, paths: Images) -> Images:
    """Frames, (P*S, 3, H, 3W): first picture, path, last picture."""
    first, last = (np.broadcast_to(images[i::2, None], paths.shape) for i in (0, 1))
    wide = np.concatenate([first, paths, last], axis=4)  # (P, S, 3, H, 3W)
    return wide.reshape(-1, *wide.shape[2:])


def _row(images: Images, paths: Images, pair: int) -> Images:
    """A row of the sheet: some pictures of the path between its ends."""
    shown = np.linspace(0, paths.shape[1] - 1, N_SHOWN).round().astype(int)
    first, last = images[2 * pair : 2 * pair + 2]
    return np.stack([first, *paths[pair, shown], last])
