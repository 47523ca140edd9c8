"""The trained encoder and decoder, for the operations."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench.answers import Estimate
from bench.api import Decoder, LatentDefense
from bench.faces import Faces, Images
from bench.metrics.means import share
from bench.operation import Judge, Tools

Codes = NDArray[np.float32]
People = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Codec:
    """Encodes pictures, and decodes codes as people."""

    tools: Tools

    def codes(self, images: Images) -> Codes:
        """The mean of each picture's code, (N, D); noise would make clips flicker."""
        tools, faces = self.tools, Faces(images, {}, np.arange(len(images)))
        defense = replace(tools.defense, code="mean")  # type: ignore[type-var]  # a dataclass
        if not isinstance(defense, LatentDefense):
            raise TypeError(f"expected a defense with a code, got {tools.defense.name}")
        return defense.encode(faces, tools.weights, tools.context)

    def faces(self, codes: Codes, person: People) -> Images:
        """Faces, uint8 (N, 3, H, W), of codes, (N, D), and people, (N,)."""
        tools, n = self.tools, len(self.tools.weights["people"])
        if not isinstance(tools.defense, Decoder):
            raise TypeError(f"expected a defense that decodes, got {tools.defense.name}")
        if unknown := sorted({*person.tolist()} - {*range(n)}):
            raise ValueError(f"expected person from 0 to {n - 1}, got {unknown[0]}")
        return tools.defense.decode(codes, {"person": person}, tools.weights, tools.context)

    def shown_as(self, codes: Codes, person: int) -> dict[int, Images]:
        """The faces of codes, (N, 3, H, W), as each of the people, or (`person` >= 0) as one."""
        people = range(len(self.tools.weights["people"])) if person < 0 else (person,)
        return {one: self.faces(codes, np.full(len(codes), one)) for one in people}

    def named(self, shown: Mapping[int, Images], folder: NDArray[np.int64]) -> Estimate | str:
        """How often the judge of identity names the person; `folder` is of each code, (N,)."""

        def measure(judge: Judge) -> Estimate:
            answers = {one: judge.ask(made) for one, made in shown.items()}
            label = self.tools.weights["people"]
            right = [said.argmax(axis=1) == label[one] for one, said in answers.items()]
            chance = 1 / len(judge.classes)
            return share(np.concatenate(right), np.tile(folder, len(shown)), chance)

        return self.tools.judged("identity", measure)

    def people_in(
        self, images: Images, codes: Codes, seen: NDArray[np.bool_] | None = None, n_each: int = 1
    ) -> People:
        """The people in pictures, (N / n_each,), as the judge of identity names them.

        Without a judge: the person whose face, with a picture's own code, is nearest to the
        picture, at the pixels `seen`, (H, W). This is often wrong, because light and pose matter
        more than the person. Each group of `n_each` consecutive pictures shows one person.
        """
        people = self.tools.weights["people"]
        if "identity" in self.tools.judges:
            known = self.tools.judges["identity"].ask(images)[:, people]
            scores = np.log(known + 1e-6).T  # (C, N)
        else:
            gaps = [self._gap(images, codes, c, seen) for c in range(len(people))]
            scores = -np.stack(gaps)
        grouped = scores.reshape(len(scores), -1, n_each)  # (C, N / n_each, n_each)
        return np.asarray(grouped.sum(axis=2).argmax(axis=0))

    def _gap(
        self, images: Images, codes: Codes, person: int, seen: NDArray[np.bool_] | None
    ) -> NDArray[np.float64]:
        """Mean absolute difference of each picture from the face of a person, (N,)."""
        made = self.faces(codes, np.full(len(codes), person))
        gap = np.abs(made.astype(int) - images).mean(axis=1)  # (N, H, W)
        return np.asarray(gap.mean(axis=(1, 2)) if seen is None else gap[:, seen].mean(axis=1))
