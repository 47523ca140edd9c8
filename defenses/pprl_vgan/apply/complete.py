"""Image completion: what is hidden is taken from the face that the rest suggests."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torchmetrics.functional.image import structural_similarity_index_measure

from bench.answers import Estimate
from bench.api import field
from bench.faces import Images
from bench.metrics.means import agreement, mean, share
from bench.registry import register
from bench.verb import Applied, Pictures, Tools, Verb, folders
from defenses.pprl_vgan.apply.blending import blended
from defenses.pprl_vgan.apply.generator import Generator

Mask = NDArray[np.bool_]
GREY = 127  # what is hidden: 0 in [-1, 1]
REACH = 1 / 16  # of the side: how far a face is looked for beside its place
APART = 1 / 32  # of the side: a face that lies this far off is misaligned


@register("complete")
@dataclass(frozen=True)
class Complete(Verb):
    """Fills a hidden rectangle, or what a mask hides, with the face that the rest suggests.

    The hidden part is greyed, the picture encoded and decoded as the same person, and the part is
    pasted in. Beside it stands the mean of the other pictures, pasted in alike.

    Source: Chen, Konrad, Ishwar, CVPR-W 2018, applications; released img_applications.py.
    Differs from it: finds out whose face it is if it is not told; decodes the code's mean; brings
    the part into the light of the picture (`blend`).
    """

    defense = "pprl_vgan"

    person: int = field(-1, about="whose face it is, a number of the people; -1: found out")
    top: float = field(40 / 64, about="of the rectangle, fraction of the height; the mouth")
    left: float = field(18 / 64, about="of the rectangle, fraction of the width")
    height: float = field(15 / 64, about="of the rectangle, fraction")
    width: float = field(29 / 64, about="of the rectangle, fraction")
    mask: str = field("", about="picture that is bright where pictures are hidden", at="place")
    blend: bool = field(True, about="the part meets the picture at the rim; else it is pasted")
    target: str = field("expression", about="label that should be kept")

    def apply(self, pictures: Pictures, tools: Tools) -> Applied:
        """The completed pictures; the sheet shows failures by expression and by misalignment."""
        generator, images = Generator(tools), np.stack([*pictures.values()])  # (N, 3, H, W)
        hidden = self._hidden(images.shape[2:], tools)
        damaged = np.where(hidden, np.uint8(GREY), images)
        codes = generator.codes(damaged)
        person = np.full(len(codes), self.person)
        if self.person < 0:
            person = generator.own(damaged, codes, ~hidden)
        made = generator.faces(codes, person)
        parts = {"completed": made}
        if len(images) > 1:
            total = images.sum(axis=0, dtype=int)
            others = ((total - images) / (len(images) - 1)).round().astype(np.uint8)
            parts["mean face"] = others
        filled = {name: self._pasted(part, images, hidden) for name, part in parts.items()}
        moved = _moved(made, images, ~hidden)
        rows = {"picture": images, "hidden": damaged, "face": made, **filled}
        sheet = rows | self._failures(rows, moved, tools)
        done = dict(zip(pictures, filled["completed"], strict=True))
        measures = self._measures(images, filled, moved, folders(pictures), tools)
        return Applied(done, images[:0], sheet, measures)

    def _pasted(self, part: Images, images: Images, hidden: Mask) -> Images:
        """The pictures, with what is hidden taken from `part`."""
        return blended(part, images, hidden) if self.blend else np.where(hidden, part, images)

    def _hidden(self, shape: tuple[int, ...], tools: Tools) -> Mask:
        """What is hidden, (H, W)."""
        hidden = np.zeros(shape, bool)
        if "mask" in tools.files:
            hidden = tools.files["mask"].mean(axis=0) > 127
        else:
            bottom, right = self.top + self.height, self.left + self.width
            rows, columns = (
                slice(round(start * side), round(end * side))
                for start, end, side in zip(
                    (self.top, self.left), (bottom, right), shape, strict=True
                )
            )
            hidden[rows, columns] = True
        if not 0 < hidden.mean() < 1:
            raise ValueError(f"{hidden.mean():.0%} of the picture is hidden; hide a part of it")
        return hidden

    def _measures(
        self,
        images: Images,
        filled: Pictures,
        moved: NDArray[np.float64],
        folder: NDArray[np.int64],
        tools: Tools,
    ) -> Mapping[str, Estimate | str]:
        def kept(made: Images) -> Estimate | str:
            return tools.judged(
                self.target, lambda judge: agreement(judge.ask(images), judge.ask(made), folder)
            )

        alike = {name: mean(_ssim(made, images), folder) for name, made in filled.items()}
        return {
            **{f"SSIM, {name}": found for name, found in alike.items()},
            **{f"{self.target} kept, {name}": kept(made) for name, made in filled.items()},
            "misaligned": share(moved >= APART, folder),
        }

    def _failures(
        self, rows: Pictures, moved: NDArray[np.float64], tools: Tools
    ) -> dict[str, Images]:
        """Pictures whose label is lost, and those whose face lies beside its place; worst first."""
        lost = np.zeros(0, int)
        if self.target in tools.judges:
            before, after = (
                tools.judges[self.target].ask(rows[name]) for name in ("picture", "completed")
            )
            named = before.argmax(axis=1)
            drop = (before - after)[np.arange(len(named)), named]
            wrong = np.flatnonzero(after.argmax(axis=1) != named)
            lost = wrong[np.argsort(-drop[wrong])]
        apart = np.flatnonzero(moved >= APART)
        kinds = {f"{self.target} lost": lost, "misaligned": apart[np.argsort(-moved[apart])]}
        return {
            f"{kind}: {name}": rows[name][index]
            for kind, index in kinds.items()
            for name in ("picture", "completed")
        }


def _ssim(made: Images, images: Images) -> NDArray[np.float32]:
    """Structural similarity of each picture, (N,), as in `bench.runner.actions.measure`."""
    first, second = (torch.from_numpy(np.array(part)).float() / 255 for part in (made, images))
    found = structural_similarity_index_measure(first, second, data_range=1.0, reduction="none")
    return np.asarray(found, np.float32).reshape(-1)


def _moved(made: Images, images: Images, seen: Mask) -> NDArray[np.float64]:
    """How far each face lies from its place, (N,), a fraction of the side.

    The move, by whole pixels, after which a face comes nearest to what is seen of its picture.
    """
    reach = max(1, round(REACH * seen.shape[0]))
    inside = np.zeros_like(seen)
    inside[reach:-reach, reach:-reach] = seen[reach:-reach, reach:-reach]  # nothing wraps around
    moves = [(y, x) for y in range(-reach, reach + 1) for x in range(-reach, reach + 1)]
    moves.sort(key=lambda move: np.hypot(*move))  # of equally near ones the shortest
    gaps = [
        np.abs(np.roll(made, move, axis=(2, 3)).astype(int) - images)[:, :, inside].mean(
            axis=(1, 2)
        )
        for move in moves
    ]
    length = np.array([np.hypot(*move) for move in moves]) / seen.shape[0]
    return np.asarray(length[np.argmin(gaps, axis=0)])
