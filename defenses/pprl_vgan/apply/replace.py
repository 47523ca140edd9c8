"""Identity replacement: everybody becomes one person and keeps the expression."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.answers import Estimate
from bench.api import field
from bench.faces import Images
from bench.metrics.means import agreement, mean, share
from bench.operation import Applied, Judge, Operation, Pictures, Tools, folders
from bench.registry import register
from defenses.pprl_vgan.apply.codec import Codec


@register("replace")
@dataclass(frozen=True)
class Replace(Operation):
    """Gives pictures, or the frames of a clip, the face of one chosen person.

    Source: Chen, Konrad, Ishwar, CVPR-W 2018, applications; released img_applications.py.
    Differs from it: decodes the mean of the code; the authors draw a code for each frame.
    """

    defense = "pprl_vgan"

    person: int = field(0, about="index of the person, among the defender's people")
    target: str = field("expression", about="label to keep")

    def apply(self, pictures: Pictures, tools: Tools) -> Applied:
        """The pictures with that person's face; the animation shows them beside the input."""
        codec, images = Codec(tools), np.stack([*pictures.values()])  # (N, 3, H, W)
        folder = folders(pictures)
        made = codec.faces(codec.codes(images), np.full(len(images), self.person))

        def named(judge: Judge) -> Estimate:
            answers = judge.ask(made)
            label = tools.weights["people"][self.person]
            return share(answers.argmax(axis=1) == label, folder, 1 / answers.shape[1])

        measures = {
            "flicker of the input, grey levels": _flicker(images, folder),
            "flicker of the output, grey levels": _flicker(made, folder),
            "named as the chosen person": tools.judged("identity", named),
            f"{self.target} kept": tools.judged(
                self.target, lambda judge: agreement(judge.ask(images), judge.ask(made), folder)
            ),
        }
        beside = np.concatenate([images, made], axis=3)  # (N, 3, H, 2W)
        sheet = {"input": images, f"person {self.person}": made}
        by_name = dict(zip(pictures, made, strict=True))
        return Applied(by_name, beside if len(beside) > 1 else beside[:0], sheet, measures)


def _flicker(frames: Images, folder: NDArray[np.int64]) -> Estimate | str:
    """Mean absolute change between consecutive frames of a folder, 0..255."""
    same_folder = folder[1:] == folder[:-1]
    if not same_folder.any():
        return "no folder has two frames"
    change = np.abs(np.diff(frames.astype(int), axis=0)).mean(axis=(1, 2, 3))  # (N-1,)
    return mean(change[same_folder], folder[1:][same_folder])
