"""Identity replacement: an expression with the face of everybody, or of one person."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.answers import Estimate
from bench.api import field
from bench.faces import Images
from bench.metrics.means import agreement, mean
from bench.operation import Applied, Judge, Operation, Pictures, Tools, folders
from bench.registry import register
from defenses.pprl_vgan.apply.codec import Codec


@register("replace")
@dataclass(frozen=True)
class Replace(Operation):
    """Shows pictures, or the frames of a clip, with the face of everybody or of one person.

    The animation has the input and everybody beside each other, as the authors' video.

    Source: Chen, Konrad, Ishwar, CVPR-W 2018, applications; released img_applications.py.
    Differs from it: decodes the mean of the code; the authors draw a code for each frame.
    """

    defense = "pprl_vgan"

    person: int = field(-1, about="index of the person; -1: everybody", within="[-1, 1e5]")
    target: str = field("expression", about="label to keep")

    def apply(self, pictures: Pictures, tools: Tools) -> Applied:
        """The pictures with each face; the animation shows them beside the input."""
        codec, images = Codec(tools), np.stack([*pictures.values()])  # (N, 3, H, W)
        folder = folders(pictures)
        unit = folder if len(np.unique(folder)) > 1 else np.arange(len(folder))
        shown = codec.shown_as(codec.codes(images), self.person)
        everybody = np.concatenate([*shown.values()])  # (P*N, 3, H, W)

        def kept(judge: Judge) -> Estimate:
            before = np.tile(judge.ask(images), (len(shown), 1))
            return agreement(before, judge.ask(everybody), np.tile(unit, len(shown)))

        measures = {
            "flicker of the input, grey levels": _flicker([images], folder),
            "flicker of the output, grey levels": _flicker([*shown.values()], folder),
            "named as the person shown": codec.named(shown, unit),
            f"{self.target} kept": tools.judged(self.target, kept),
        }
        sheet = {"input": images} | {f"person {one}": made for one, made in shown.items()}
        by_name = {
            f"person {one}/{name}" if self.person < 0 else name: image
            for one, made in shown.items()
            for name, image in zip(pictures, made, strict=True)
        }
        frames = montage([*sheet.values()]) if len(images) > 1 else images[:0]
        return Applied(by_name, frames, sheet, measures)


def montage(parts: Sequence[Images]) -> Images:
    """Frames, (N, 3, R*H, C*W), of K clips, (N, 3, H, W) each, in about as many rows as columns."""
    n_columns = math.ceil(math.sqrt(len(parts)))
    white = [np.full_like(parts[0], 255)] * (-len(parts) % n_columns)
    tiles = np.stack([*parts, *white]).reshape(-1, n_columns, *parts[0].shape)  # (R, C, N, 3, H, W)
    n, depth, _, width = parts[0].shape
    return tiles.transpose(2, 3, 0, 4, 1, 5).reshape(n, depth, -1, n_columns * width)


def _flicker(clips: Sequence[Images], folder: NDArray[np.int64]) -> Estimate | str:
    """Mean absolute change between consecutive frames of a folder, 0..255.

    Each clip shows the same N frames, of folders (N,), in another way.
    """
    same_folder = folder[1:] == folder[:-1]
    if not same_folder.any():
        return "no folder has two frames"
    changes = [np.abs(np.diff(frames.astype(int), axis=0)).mean(axis=(1, 2, 3)) for frames in clips]
    found = [change[same_folder] for change in changes]  # (n,) each
    return mean(np.concatenate(found), np.tile(folder[1:][same_folder], len(clips)))
