"""Image completion: fills a hidden part with that of a generated face that fits the rest."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.answers import Estimate
from bench.api import field
from bench.faces import Images
from bench.metrics.means import agreement, mean
from bench.operation import Applied, Operation, Pictures, Tools, folders
from bench.registry import register
from defenses.pprl_vgan.apply.codec import Codec

Mask = NDArray[np.bool_]
GREY = 127  # level of hidden pixels: 0 in [-1, 1]


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
        """The completed pictures; the sheet shows those that lost their expression."""
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
        rows = {"picture": images, "hidden": damaged, "face": made, **filled}
        done = dict(zip(pictures, filled["completed"], strict=True))
        measures = self._measures(images, filled, hidden, folders(pictures), tools)
        return Applied(done, images[:0], rows | self._failures(rows, tools), measures)

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
        self,
        images: Images,
        filled: Pictures,
        hidden: Mask,
        folder: NDArray[np.int64],
        tools: Tools,
    ) -> Mapping[str, Estimate | str]:
        def kept(made: Images) -> Estimate | str:
            return tools.judged(
                self.target, lambda judge: agreement(judge.ask(images), judge.ask(made), folder)
            )

        alike = {name: mean(_ssim(made, images, hidden), folder) for name, made in filled.items()}
        return {
            **{f"SSIM of the hidden part, {name}": found for name, found in alike.items()},
            **{f"{self.target} kept, {name}": kept(made) for name, made in filled.items()},
        }

    def _failures(self, rows: Pictures, tools: Tools) -> dict[str, Images]:
        """Pictures that lost their label, the one that lost most first."""
        if self.target not in tools.judges:
            return {}
        ask = tools.judges[self.target].ask
        before, after = ask(rows["picture"]), ask(rows["completed"])
        named = before.argmax(axis=1)
        drop = (before - after)[np.arange(len(named)), named]
        lost = np.flatnonzero(after.argmax(axis=1) != named)
        index = lost[np.argsort(-drop[lost])]
        shown = ("picture", "completed")
        return {f"{self.target} lost: {name}": rows[name][index] for name in shown}


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


def _ssim(made: Images, images: Images, hidden: Mask) -> NDArray[np.float32]:
    """Structural similarity of the hidden part of each picture, (N,)."""
    import torch
    from torchmetrics.functional.image import structural_similarity_index_measure

    first, second = (torch.from_numpy(np.array(part)).float() / 255 for part in (made, images))
    of_pixels = structural_similarity_index_measure(
        first, second, data_range=1.0, reduction="none", return_full_image=True
    )[1]  # (N, 3, H, W)
    return np.asarray(of_pixels.numpy()[:, :, hidden].mean(axis=(1, 2)), np.float32)
