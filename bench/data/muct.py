"""MUCT: people before five cameras, with 76 landmarks."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.api import FacePoints
from bench.data.csv_files import Line, fault, number_or_nan, read_lines
from bench.data.official import GENDERS, Cells, Entry, Official, points_in_square, register
from bench.data.photographs import Listing
from bench.faces import Array, Target

_EYES, _NOSE, _MOUTH = (31, 36), 67, (48, 54)  # pupils, tip of the nose, corners of the mouth
_PX = (480, 640)
_MIDDLE = (240, 320)  # points lie within _PX of it (unconfirmed on the real file)
_N_CELLS = 2 + 2 * 76
_NAME = re.compile(r"i\d{3}[q-z][a-e]-[fm][ng]")  # ir: of mirrored pictures, which nobody reads


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
        r"/i(?P<identity>\d{3})(?P<light>[q-z])(?P<camera>[a-e])-(?P<gender>[fm])"
        r"(?P<glasses>[ng])\.jpg$"
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
        return points or points_in_square(_mean_points(*self._table), _PX, self)

    @property
    def _table(self) -> tuple[Path, int]:
        """The list of landmarks, and when it was changed."""
        (path,) = self.tables
        return path, path.stat().st_mtime_ns

    def listing(self) -> Listing:
        """The pictures in the order of their paths; their landmarks are read, too."""
        _landmarks(*self._table)
        return super().listing()

    def entries(self) -> Iterator[Entry]:
        """The pictures by path; each of the five cameras has an archive of its own.

        Raises:
            ValueError: if one is not unpacked.
        """
        entries = list(super().entries())
        if missing := sorted({*"abcde"} - {str(cells["camera"]) for _, cells in entries}):
            archives = ", ".join(f"muct-{camera}-jpg-v1.tar.gz" for camera in missing)
            raise ValueError(
                f"expected pictures of the cameras a to e in {self.folder}, got none of "
                f"{', '.join(missing)}; unpack {archives} there"
            )
        yield from entries

    def cells(self, found: re.Match[str]) -> Cells:
        """The labels of a picture; its take is its light."""
        gender, glasses = GENDERS[found["gender"] == "m"], ("no", "yes")[found["glasses"] == "g"]
        return {**found.groupdict(), "gender": gender, "glasses": glasses, "take": found["light"]}

    def landmarks_px(self, paths: Sequence[Path]) -> NDArray[np.float64]:
        """The 76 landmarks; nan where a picture has none."""
        known = _landmarks(*self._table)
        unknown = np.full((76, 2), np.nan)
        return np.stack([known.get(path.stem, unknown) for path in paths])


@cache
def _landmarks(path: Path, changed: int) -> Mapping[str, Array]:
    """The landmarks, (76, 2), px, by name of the picture; at (0, 0) stand hidden ones.

    Raises:
        ValueError: if a line has other cells, or there is none.
    """
    columns, lines = read_lines(path)
    if bad := [line for line in lines or [Line(path, 0, {})] if len(line.cells) != _N_CELLS]:
        wanted = f"expected {_N_CELLS} cells: name, tag, 76 points"
        got = f"got {len(columns)} columns and {len(lines)} lines"
        raise ValueError(fault(bad, f"{wanted}, {got}", "use the official list"))
    found = {}
    for line in lines:
        name, _, *numbers = line.cells.values()
        points = np.array([*map(number_or_nan, numbers)]).reshape(76, 2)
        if name in found or not (abs(points - _MIDDLE) < _PX).all():
            wanted = f"expected {name} once, with 76 points in px about 480x640, got others"
            raise ValueError(fault([line], wanted, "use the official list"))
        found[name] = np.where((points == 0).all(axis=1, keepdims=True), np.nan, points)
    if not any(map(_NAME.fullmatch, found)):
        raise ValueError(f"{path}: expected names as i000qa-fn, got {name}; use the official list")
    return found


@cache
def _mean_points(path: Path, changed: int) -> FacePoints:
    """Means of eyes, nose and corners of the mouth in px, left in the picture first."""
    points = np.array(
        [at for name, at in _landmarks(path, changed).items() if _NAME.fullmatch(name)]
    )
    n_seen = np.isfinite(points[..., 0]).sum(axis=0)  # (76,)
    means = np.nansum(points, axis=0) / np.maximum(n_seen, 1)[:, None]
    eyes, mouth = (sorted(map(tuple, means[list(pair)].tolist())) for pair in (_EYES, _MOUTH))
    return (*eyes, tuple(means[_NOSE].tolist()), *mouth)
