"""Image completion: fills a hidden part with that of a generated face that fits the rest."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.answers import Estimate
from bench.api import field
from bench.faces import Images
from bench.metrics.means import agreement, mean, share
from bench.operation import Applied, Operation, Pictures, Tools, folders
from bench.registry import register
from defenses.pprl_vgan.apply.codec import Codec

Mask = NDArray[np.bool_]
Distances = NDArray[np.float64]
GREY = 127  # level of hidden pixels: 0 in [-1, 1]
REACH = 1 / 16  # of the side: largest displacement that is searched
MISALIGNED = 1 / 32  # of the side: smallest displacement that counts


@register("complete")
@dataclass(frozen=True)
class Complete(Operation):
    """Fills a hidden rectangle or mask with a part of a generated face that fits the rest.

    The hidden part is set to grey, the picture is encoded and decoded as the same person, and the
    part of the result is pasted in. For comparison, the mean of the other pictures is also used.

    Source: Chen, Konrad, Ishwar, CVPR-W 2018, applications; released img_applications.py.
    Differs from it: estimates the person if `person` is -1; decodes the mean of the code; adapts
    the part to the light of the picture (`blend`).
    """

    defense = "pprl_vgan"

    person: int = field(-1, about="index of the person who is shown; -1: estimated")
    top: float = field(40 / 64, about="top of the rectangle, of the height", within="[0, 1]")
    left: float = field(18 / 64, about="left of the rectangle, of the width", within="[0, 1]")
    height: float = field(15 / 64, about="height of the rectangle, fraction", within="[0, 1]")
    width: float = field(29 / 64, about="width of the rectangle, fraction", within="[0, 1]")
    mask: str = field("", about="picture that is bright where pixels are hidden", at="path")
    blend: bool = field(True, about="adapt the part to the picture at the border")
    target: str = field("expression", about="label to keep")

    def apply(self, pictures: Pictures, tools: Tools) -> Applied:
        """The completed pictures; the sheet shows lost expressions and misaligned faces."""
        codec, images = Codec(tools), np.stack([*pictures.values()])  # (N, 3, H, W)
        hidden = self._hidden(images.shape[2:], tools)
        damaged = np.where(hidden, np.uint8(GREY), images)
        codes = codec.codes(damaged)
        person = np.full(len(codes), self.person)
        if self.person < 0:
            person = codec.people_in(damaged, codes, ~hidden)
        made = codec.faces(codes, person)
        parts = {"completed": made}
        if len(images) > 1:
            others = (images.sum(axis=0, dtype=int) - images) / (len(images) - 1)
            parts["mean face"] = others.round().astype(np.uint8)
        filled = {
            name: blended(part, images, hidden) if self.blend else np.where(hidden, part, images)
            for name, part in parts.items()
        }
        displacement = _displacement(made, images, ~hidden)
        rows = {"picture": images, "hidden": damaged, "face": made, **filled}
        sheet = rows | self._failures(rows, displacement, tools)
        done = dict(zip(pictures, filled["completed"], strict=True))
        measures = self._measures(rows, displacement, folders(pictures), tools)
        return Applied(done, images[:0], sheet, measures)

    def _hidden(self, shape: tuple[int, ...], tools: Tools) -> Mask:
        """The hidden pixels, (H, W)."""
        hidden = np.zeros(shape, bool)
        if "mask" in tools.files:
            hidden = tools.files["mask"].mean(axis=0) > 127
        else:
            top, bottom = (round(y * shape[0]) for y in (self.top, self.top + self.height))
            left, right = (round(x * shape[1]) for x in (self.left, self.left + self.width))
            hidden[top:bottom, left:right] = True
        if not 0 < hidden.mean() < 1:
            raise ValueError(f"expected a hidden part, got {hidden.mean():.0%} of the picture")
        return hidden

    def _measures(
        self, rows: Pictures, displacement: Distances, folder: NDArray[np.int64], tools: Tools
    ) -> Mapping[str, Estimate | str]:
        images = rows["picture"]

        def kept(made: Images) -> Estimate | str:
            return tools.judged(
                self.target, lambda judge: agreement(judge.ask(images), judge.ask(made), folder)
            )

        filled = {name: rows[name] for name in ("completed", "mean face") if name in rows}
        return {
            **{f"SSIM, {name}": mean(_ssim(made, images), folder) for name, made in filled.items()},
            **{f"{self.target} kept, {name}": kept(made) for name, made in filled.items()},
            "misaligned": share(displacement >= MISALIGNED, folder),
        }

    def _failures(self, rows: Pictures, displacement: Distances, tools: Tools) -> dict[str, Images]:
        """Pictures whose label is lost, and pictures whose face is displaced; worst first."""
        lost = np.zeros(0, int)
        if self.target in tools.judges:
            ask = tools.judges[self.target].ask
            before, after = ask(rows["picture"]), ask(rows["completed"])
            named = before.argmax(axis=1)
            drop = (before - after)[np.arange(len(named)), named]
            wrong = np.flatnonzero(after.argmax(axis=1) != named)
            lost = wrong[np.argsort(-drop[wrong])]
        far = np.flatnonzero(displacement >= MISALIGNED)
        kinds = {f"{self.target} lost": lost, "misaligned": far[np.argsort(-displacement[far])]}
        return {
            f"{kind}: {name}": rows[name][index]
            for kind, index in kinds.items()
            for name in ("picture", "completed")
        }


def blended(part: Images, images: Images, hidden: Mask) -> Images:
    """The pictures with the hidden pixels, (H, W), from `part`, adapted to the light.

    The difference at the border of the hidden region is interpolated over the region.

    Source: Perez, Gangnet, Blake, Poisson Image Editing, SIGGRAPH 2003, equation 5.
    """
    from scipy.sparse.csgraph import laplacian
    from scipy.sparse.linalg import splu
    from sklearn.feature_extraction.image import grid_to_graph

    gap = (images.astype(float) - part).reshape(-1, hidden.size).T  # (H W, N C)
    inside = hidden.ravel()
    flow = laplacian(grid_to_graph(*hidden.shape)).tocsr()
    border = flow[inside][:, ~inside] @ gap[~inside]
    spread = splu(flow[inside][:, inside].tocsc()).solve(-border)  # (pixels, N C)
    filled = images.copy()
    change = spread.T.reshape(*images.shape[:2], -1)
    filled[:, :, hidden] = (part[:, :, hidden] + change).round().clip(0, 255)
    return filled


def _ssim(made: Images, images: Images) -> NDArray[np.float32]:
    """Structural similarity of each picture, (N,), as in `bench.runner.actions.measure`."""
    import torch
    from torchmetrics.functional.image import structural_similarity_index_measure

    first, second = (torch.from_numpy(np.array(part)).float() / 255 for part in (made, images))
    found = structural_similarity_index_measure(first, second, data_range=1.0, reduction="none")
    return np.asarray(found, np.float32).reshape(-1)


def _displacement(made: Images, images: Images, seen: Mask) -> Distances:
    """The displacement of each face, (N,), a fraction of the side.

    It is the shift by whole pixels that makes a face most similar to the visible pixels.
    """
    reach = max(1, round(REACH * seen.shape[0]))
    inside = np.zeros_like(seen)
    inside[reach:-reach, reach:-reach] = seen[reach:-reach, reach:-reach]  # nothing wraps around
    moves = [(y, x) for y in range(-reach, reach + 1) for x in range(-reach, reach + 1)]
    moves.sort(key=lambda move: np.hypot(*move))  # among equal gaps, the shortest counts
    gaps = [
        np.abs(np.roll(made, move, (2, 3)).astype(int) - images)[:, :, inside].mean(axis=(1, 2))
        for move in moves
    ]
    length = np.array([np.hypot(*move) for move in moves]) / seen.shape[0]
    return np.asarray(length[np.argmin(gaps, axis=0)])
