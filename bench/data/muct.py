"""MUCT: people before five cameras, with 76 landmarks."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.api import FacePoints
from bench.data.csv_files import Line, fault, number_or_nan, read_lines
from bench.data.official import GENDERS, Cells, Official, points_in_square, register
from bench.faces import Array, Target

_EYES, _NOSE, _MOUTH = (31, 36), 67, (48, 54)  # pupils, tip of the nose, corners of the mouth
_PX = (480, 640)
_N_CELLS = 2 + 2 * 76


@register("muct")
@dataclass(frozen=True)
class MUCT(Official):
    """People before five cameras in two or three lights; labels: identity, gender, glasses.

    Reads `jpg/i000qa-fn.jpg`, whose name says person, light, camera, gender and glasses, and
    `muct-landmarks/muct76-opencv.csv`. A take is what the cameras saw in one light.

    Source: Milborrow, Morkel, Nicolls, PRASA 2010 [milborrow2010muct].

    Licence: no picture may be reproduced publicly but those of the people 000, 001, 002, 200, 201,
        400, 401 and 402.

    Access: fetch muct-a-jpg-v1.tar.gz to muct-e-jpg-v1.tar.gz and muct-landmarks-v1.tar.gz from
        github.com/StephenMilborrow/muct, and unpack them in the folder `muct`; no digest is known.
    """

    pictures = "jpg/*.jpg"
    example = "jpg/i000qa-fn.jpg"
    pattern = re.compile(
        r"/i(?P<identity>\d{3})(?P<light>[q-z])[a-e]-(?P<gender>[fm])(?P<glasses>[ng])\.jpg$"
    )
    needs = ("muct-landmarks/muct76-opencv.csv",)
    extent_px = _PX
    n_landmarks = 76
    targets = (
        Target("identity"),
        Target("gender", classes=GENDERS),
        Target("glasses", classes=("no", "yes")),
    )

    @property
    def face_points(self) -> FacePoints:
        """Those of aligned pictures, or the means of the landmarks: the cameras differ."""
        points = super().face_points
        return points or points_in_square(_mean_points(*self.tables), _PX, self)

    def cells(self, found: re.Match[str]) -> Cells:
        """The labels of a picture; its take is its light."""
        return {
            "identity": found["identity"],
            "gender": GENDERS[found["gender"] == "m"],
            "glasses": "yes" if found["glasses"] == "g" else "no",
            "take": found["light"],
        }

    def landmarks_px(self, paths: Sequence[Path]) -> NDArray[np.float64]:
        """The 76 landmarks; nan where a picture has none."""
        known = _landmarks(*self.tables)
        unknown = np.full((76, 2), np.nan)
        return np.stack([known.get(path.stem, unknown) for path in paths])


@cache
def _landmarks(path: Path) -> Mapping[str, Array]:
    """The landmarks, (76, 2), px, by name of the picture; at (0, 0) stand hidden ones.

    Names that begin with `ir` are of mirrored pictures, which nobody reads.

    Raises:
        ValueError: if a line has other cells, or there is none.
    """
    _, lines = read_lines(path)
    if bad := [line for line in lines or [Line(path, 0, {})] if len(line.cells) != _N_CELLS]:
        raise ValueError(
            fault(bad, f"expected {_N_CELLS} cells: name, tag, 76 points", "use the official list")
        )
    found = {}
    for line in lines:
        name, _, *numbers = line.cells.values()
        points = np.array([*map(number_or_nan, numbers)]).reshape(76, 2)
        found[name] = np.where((points == 0).all(axis=1, keepdims=True), np.nan, points)
    return found


@cache
def _mean_points(path: Path) -> FacePoints:
    """Means of eyes, nose and corners of the mouth in px, left in the picture first."""
    points = np.array([at for name, at in _landmarks(path).items() if not name.startswith("ir")])
    n_seen = np.isfinite(points[..., 0]).sum(axis=0)  # (76,)
    means = np.nansum(points, axis=0) / np.maximum(n_seen, 1)[:, None]
    eyes, mouth = (sorted(map(tuple, means[list(pair)].tolist())) for pair in (_EYES, _MOUTH))
    return (*eyes, tuple(means[_NOSE].tolist()), *mouth)
