"""The trained encoder and decoder, as the verbs use them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench.api import Decoder, LatentDefense
from bench.faces import Faces, Images
from bench.verb import Tools

Codes = NDArray[np.float32]
People = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Generator:
    """Makes codes of pictures, and faces of codes and people."""

    tools: Tools

    @property
    def n_people(self) -> int:
        """Whose faces it can make: 0 to this, exclusive."""
        return len(self.tools.weights["people"])

    def codes(self, images: Images) -> Codes:
        """The mean of each picture's code, (N, D): nothing is drawn, so a clip is steady."""
        tools, faces = self.tools, Faces(images, {}, np.arange(len(images)))
        defense = replace(tools.defense, code="mean")  # type: ignore[type-var]  # a dataclass
        if not isinstance(defense, LatentDefense):
            raise TypeError(f"{tools.defense.name} has no code")
        return defense.encode(faces, tools.weights, tools.context)

    def faces(self, codes: Codes, person: People) -> Images:
        """Faces, uint8 (N, 3, H, W), of codes, (N, D), and people, (N,)."""
        tools, n = self.tools, self.n_people
        if not isinstance(tools.defense, Decoder):
            raise TypeError(f"{tools.defense.name} makes no pictures of codes")
        if strange := sorted({*person.tolist()} - {*range(n)}):
            raise ValueError(f"person is 0 to {n - 1} in these weights, got {strange[0]}")
        return tools.defense.decode(codes, {"person": person}, tools.weights, tools.context)

    def own(
        self,
        images: Images,
        codes: Codes,
        seen: NDArray[np.bool_] | None = None,
        together: int = 1,
    ) -> People:
        """Whose pictures they are, by the judge of identity.

        Without one: whose face, made of a picture's own code, comes nearest to the picture. That is
        often wrong, as light and pose weigh more than the person.

        Args:
            images: uint8, (N, 3, H, W).
            codes: theirs, (N, D).
            seen: pixels that count, (H, W); all by default.
            together: so many pictures in a row show one person, who is named once.

        Returns:
            the person of each group of pictures, (N / together,).
        """
        if "identity" in self.tools.judges:
            said = self.tools.judges["identity"].ask(images)[:, self.tools.weights["people"]]
            scores = np.log(said + 1e-6).T  # (C, N)
        else:
            scores = -np.stack([self._gap(images, codes, c, seen) for c in range(self.n_people)])
        grouped = scores.reshape(len(scores), -1, together)  # (C, N / together, together)
        return np.asarray(grouped.sum(axis=2).argmax(axis=0))

    def _gap(
        self, images: Images, codes: Codes, person: int, seen: NDArray[np.bool_] | None
    ) -> NDArray[np.float64]:
        """Mean absolute difference of each picture from that person's face, (N,)."""
        made = self.faces(codes, np.full(len(codes), person))
        gap = np.abs(made.astype(int) - images).mean(axis=1)  # (N, H, W)
        return np.asarray(gap.mean(axis=(1, 2)) if seen is None else gap[:, seen].mean(axis=1))
