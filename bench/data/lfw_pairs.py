"""The official pairs of Labeled Faces in the Wild."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.api import FacePoints, field
from bench.data.csv_files import text_of
from bench.data.lfw import LFW, POINTS
from bench.data.official import Entry, Official, and_more, points_in_square, register
from bench.faces import Target

Ids = NDArray[np.int64]


class FacePairs(NamedTuple):
    """Pairs of pictures, (N,) each; `first` and `second` count in the order of the listing."""

    first: Ids
    second: Ids
    mated: NDArray[np.bool_]
    fold: Ids


@register("lfw_pairs")
@dataclass(frozen=True)
class LFWPairs(Official):
    """The photographs of View 2 of LFW, 6,000 pairs in ten folds (`bench data pairs`); identity.

    Reads `lfw/NAME/NAME_0001.jpg` and `pairs.txt`, and no lists of genders.

    Source: Huang, Ramesh, Berg, Learned-Miller, UMass Amherst Technical Report 07-49, 2007
        [huang2007lfw].

    Licence: none is stated; for research, and no picture may be published again.

    Access: `bench data get lfw` fetches pictures and pairs.txt from a mirror, as the authors' page
        is down.
    """

    crop: float = field(0.6, about="side of the square, a share of 250 px", within="(0, 1]")

    home = "lfw"
    centre, extent_px = LFW.centre, LFW.extent_px
    pictures, example, pattern, variants = LFW.pictures, LFW.example, LFW.pattern, LFW.variants
    needs = ("pairs.txt",)
    targets = (Target("identity"),)

    @property
    def face_points(self) -> FacePoints:
        """Those of aligned pictures, or the mean ones in the crop."""
        return super().face_points or points_in_square(POINTS, (1, 1), self)

    def entries(self) -> Iterator[Entry]:
        """The pictures that are in a pair.

        Raises:
            ValueError: if the list is another one, or names a picture that is not there.
        """
        absent = {name for names in self._rows() for name in names[:2]}
        for path, cells in super().entries():
            if path.stem in absent:
                absent.remove(path.stem)
                yield path, cells
        if absent:
            raise ValueError(
                f"{self.tables[0]} names {min(absent)}{and_more(absent)}, which is not in "
                f"{self.folder}/lfw; restore the pictures"
            )

    def pairs(self) -> FacePairs:
        """The pairs, each fold's mated ones first."""
        place = {path.stem: i for i, path in enumerate(self.listing().paths)}
        rows = self._rows()
        sides = np.array([[place[name] for name in row[:2]] for row in rows], np.int64)  # (N, 2)
        mated, fold = (np.array([row[at] for row in rows]) for at in (2, 3))
        return FacePairs(sides[:, 0], sides[:, 1], mated.astype(bool), fold.astype(np.int64))

    def _rows(self) -> list[tuple[str, str, bool, int]]:
        """Two names of pictures, whether they show one person, and the fold of each pair."""
        path = self.tables[0]
        try:
            head, *lines = [line.split("\t") for line in text_of(path).rstrip().splitlines()]
            n_folds, n = map(int, head)
            if len(lines) != 2 * n * n_folds:
                raise ValueError(f"{len(lines)} pairs instead of {2 * n * n_folds}")
            return [_row(line, i // (2 * n), mated=i // n % 2 == 0) for i, line in enumerate(lines)]
        except ValueError as error:
            raise ValueError(
                f"{path}: expected the pairs of View 2, which begin with 10<TAB>300, got {error}; "
                "use the official pairs.txt"
            ) from error


def _row(line: list[str], fold: int, *, mated: bool) -> tuple[str, str, bool, int]:
    try:
        first, one, *second, other = line
        names = f"{first}_{int(one):04}", f"{(second or [first])[0]}_{int(other):04}"
    except ValueError as error:
        raise ValueError(f"{line}, {error}") from error
    if len(second) != (not mated) or second == [first] or names[0] == names[1]:
        raise ValueError(f"{line} among the {'mated' if mated else 'non-mated'} pairs")
    return *names, mated, fold
