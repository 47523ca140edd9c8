"""CelebA: celebrities with forty attributes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.api import FacePoints, field
from bench.data.official import GENDERS, Official, and_more, points_in_square, register
from bench.data.photographs import Listing
from bench.faces import Array, Target

if TYPE_CHECKING:
    from pandas import DataFrame

# fmt: off
ATTRIBUTES = (
    "5_o_Clock_Shadow", "Arched_Eyebrows", "Attractive", "Bags_Under_Eyes", "Bald", "Bangs",
    "Big_Lips", "Big_Nose", "Black_Hair", "Blond_Hair", "Blurry", "Brown_Hair", "Bushy_Eyebrows",
    "Chubby", "Double_Chin", "Eyeglasses", "Goatee", "Gray_Hair", "Heavy_Makeup",
    "High_Cheekbones", "Male", "Mouth_Slightly_Open", "Mustache", "Narrow_Eyes", "No_Beard",
    "Oval_Face", "Pale_Skin", "Pointy_Nose", "Receding_Hairline", "Rosy_Cheeks", "Sideburns",
    "Smiling", "Straight_Hair", "Wavy_Hair", "Wearing_Earrings", "Wearing_Hat",
    "Wearing_Lipstick", "Wearing_Necklace", "Wearing_Necktie", "Young",
)
# fmt: on
_PARTS = ("train", "valid", "test")  # in the order of their numbers
_PX = (178, 218)
# of each list: its columns, their least and most (unconfirmed on the real files), what they hold
_NUMBERS = {
    "list_attr_celeba.txt": (len(ATTRIBUTES), -1, 1, "-1 or 1"),
    "identity_CelebA.txt": (1, 1, 1e6, "a number from 1"),
    "list_eval_partition.txt": (1, 0, 2, "0, 1 or 2"),
    "list_landmarks_align_celeba.txt": (10, 0, max(_PX), "px of aligned pictures, whole numbers"),
}


@register("celeba")
@dataclass(frozen=True)
class CelebA(Official):
    """Aligned photographs of celebrities; labels: identity, gender and 39 attributes.

    Reads `img_align_celeba/000001.jpg`, `list_attr_celeba.txt`, `identity_CelebA.txt`,
    `list_eval_partition.txt` and `list_landmarks_align_celeba.txt`, side by side or in the folders
    `Img`, `Anno` and `Eval` of the download. Attributes keep their names; `Male` is gender. That
    pictures have 178x218 px, and that nobody is in two parts of the partition, is unconfirmed.

    Source: Liu, Luo, Wang, Tang, ICCV 2015 [liu2015celeba].

    Licence: for research that is not commercial; no picture may be passed on.

    Access: agree to the terms at mmlab.ie.cuhk.edu.hk/projects/CelebA.html, fetch the aligned
        pictures and the lists, and unpack them in the folder `celeba`.
    """

    # rows 50 to 178 and columns 25 to 153, as the authors of BEGAN-CS cut aligned pictures
    crop: float = field(0.719, about="side of the square, a share of 178 px", within="(0, 1]")
    part: str = field("all", about="of the official partition", among=("all", *_PARTS))

    centre = (0.5, 0.523)
    pictures = "img_align_celeba/*.jpg"
    example = "img_align_celeba/000001.jpg"
    pattern = re.compile(r"/\d{6}\.jpg$")
    needs = tuple(_NUMBERS)
    places = ("", "Img/", "Anno/", "Eval/")
    variants = (
        ("**/list_*_celeba.csv", "tables made anew; get the .txt files of the official download"),
        ("**/CelebAMask-HQ*", "the masked variant; get img_align_celeba.zip and the lists"),
        ("**/img_align_celeba_png*", "the PNG variant; get img_align_celeba.zip"),
        ("**/img_celeba*", "the pictures before alignment; get img_align_celeba.zip"),
    )
    extent_px = _PX
    n_landmarks = 5
    targets = (
        Target("identity"),
        Target("gender", classes=GENDERS),
        *(Target(name, classes=("no", "yes")) for name in ATTRIBUTES if name != "Male"),
    )

    @property
    def face_points(self) -> FacePoints:
        """Those of pictures that MTCNN aligned, or the means of the landmarks."""
        points = super().face_points
        table = self.tables[-1]
        changed = table.stat().st_mtime_ns
        return points or points_in_square(_mean_points(table, changed), _PX, self)

    def landmarks_px(self, paths: Sequence[Path]) -> NDArray[np.float64]:
        """Eyes, nose and corners of the mouth."""
        table = _table(self.tables[-1], 1).loc[[path.name for path in paths]]
        return table.to_numpy(float).reshape(len(paths), 5, 2)

    def listing(self) -> Listing:
        """The pictures of the part, in the order of their numbers."""
        paths = [path for path, _ in self.entries()]
        self.check_files(paths[:1])
        names = [path.name for path in paths]
        tables = [_table(path, n) for path, n in zip(self.tables, (1, 0, 0, 1), strict=True)]
        for path, table in zip(self.tables, tables, strict=True):
            if absent := sorted(set(names).difference(table.index)):
                raise ValueError(
                    f"{path} lacks {absent[0]}{and_more(absent)}; use the official list of all "
                    "pictures"
                )
        attributes, people, parts = (table.loc[names] for table in tables[:3])
        chosen = np.ones(len(paths), bool)
        if self.part != "all":
            chosen = parts.to_numpy()[:, 0] == _PARTS.index(self.part)
        self.check_any(np.flatnonzero(chosen))
        who, identity = np.unique(people.to_numpy()[chosen, 0], return_inverse=True)
        labels: dict[str, Array] = {"identity": identity.astype(np.int64)}
        for name in ATTRIBUTES:
            present = (attributes[name].to_numpy()[chosen] > 0).astype(np.int64)
            labels["gender" if name == "Male" else name] = present
        identities = replace(self.targets[0], classes=tuple(map(str, who)))
        return Listing(list(compress(paths, chosen)), labels, (identities, *self.targets[1:]))


def _table(path: Path, n_skipped: int) -> "DataFrame":
    """A list by file name, whole numbers; one with a line to skip has names of columns in the next.

    Raises:
        ValueError: if it has other columns, lines or numbers.
    """
    from pandas import read_csv, to_numeric

    n_columns, least, most, numbers = _NUMBERS[path.name]
    try:
        table = read_csv(path, sep=r"\s+", skiprows=n_skipped, header=0 if n_skipped else None)
        if not n_skipped:
            table = table.set_index(0)
        if table.shape[1] != n_columns:
            raise ValueError(f"{table.shape[1]}")
        named = n_columns == len(ATTRIBUTES)
        if named and (others := [name for name in table if name not in ATTRIBUTES]):
            raise ValueError(f"a column {others[0]}{and_more(others)}")
        found: DataFrame = table.apply(to_numeric, errors="coerce")
        known = (found >= least) & (found <= most) & (found % 1 == 0)
        if named:
            known &= found != 0
        if len(bad := table.index[~known.all(axis=1) | table.index.duplicated()]):
            raise ValueError(f"others for {bad[0]}{and_more(bad)}")
        return found.astype(int)
    except ValueError as error:
        raise ValueError(
            f"{path}: expected {n_columns} columns of {numbers} after the file name, got "
            f"{' '.join(str(error).split())}; use the official list"
        ) from error


@cache
def _mean_points(path: Path, changed: int) -> FacePoints:
    """Means of eyes, nose and corners of the mouth in px, left in the picture first."""
    means = _table(path, 1).to_numpy(float).mean(axis=0).reshape(5, 2)
    return tuple((float(x), float(y)) for x, y in means)
