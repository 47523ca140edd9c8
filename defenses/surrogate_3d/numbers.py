"""y: the parameters of a scene as numbers from 0 to 1, and the scene of a y."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from bench.data.synthetic.expressions import ACTION_UNITS
from bench.data.synthetic.people import TRAITS
from bench.data.synthetic.pictures import POSE_RANGES, Parameters, Scenes

Y = NDArray[np.float32]

_LIGHT: Mapping[str, tuple[float, float]] = {  # lowest and highest value of what is drawn
    "light_x": (-0.6, 0.6),  # of the unit vector towards the light; right and up are positive
    "light_y": (-0.1, 0.6),
}
_SHAPE = (
    *("face_width", "face_height", "jaw_width", "chin_length", "chin_width", "cheek"),
    *("eye_size", "eye_spacing", "brow_height", "nose_length", "nose_width", "mouth_width"),
)
GROUPS: Mapping[str, tuple[str, ...]] = {
    "pose": tuple(POSE_RANGES),
    "expression": ACTION_UNITS,
    "light": tuple(_LIGHT),
    "shape": _SHAPE,
}
NAMES = tuple(name for group in GROUPS.values() for name in group)
_FRONTAL = {"yaw": 0.5, "pitch": 0.5, "roll": 0.5, "light_x": 0.7, "light_y": 0.6}
_CONTRAST = 0.55  # the middle of pictures._draw_light
_BACKDROP = (0.42, 0.44, 0.47)  # red, green, blue; of every surrogate
_BEHIND = ("back_top", "back_bottom", *(f"blob{blob}_colour" for blob in range(3)))
_PLAIN: Mapping[str, float] = {  # what a y says nothing about
    **{"shift_x": 0, "shift_y": 0, "zoom": 1, "gaze_x": 0, "gaze_y": 0},
    **{"blur": 0.05, "noise": 0, "noise_seed": 0},
}


def _bounds(name: str) -> tuple[float, float]:
    """The lowest and highest value of a light or a trait."""
    if name in _LIGHT:
        return _LIGHT[name]
    trait = TRAITS[name]
    reach = trait.spread * (2.2 + abs(trait.male) / 2 + abs(trait.old))  # as people are drawn
    return trait.mean - reach, trait.mean + reach


def numbers_of(drawn: Scenes) -> Y:
    """All numbers of scenes, (N, len(NAMES)), 0..1."""
    known: dict[str, NDArray[np.generic]] = {**drawn.labels, **drawn.parameters}
    y = np.stack([known[name] for name in NAMES], axis=1)
    for name in (*_LIGHT, *_SHAPE):
        low, high = _bounds(name)
        at = NAMES.index(name)
        y[:, at] = (y[:, at] - low) / (high - low)
    return np.asarray(y.clip(0, 1), np.float32)


def scenes_of(y: Y, names: Sequence[str], people: Parameters) -> Scenes:
    """Scenes with the numbers y, (N, len(names)), on people: row i is the person of picture i.

    What y does not hold is the person's own, or the same for all.
    """
    n = len(y)
    known = {name: np.full(n, middle) for name, middle in _FRONTAL.items()}
    known |= {unit: np.zeros(n) for unit in ACTION_UNITS} | dict(zip(names, y.T, strict=True))
    drawn = dict(people) | {unit: known[unit] for unit in ACTION_UNITS}
    for name in (*_LIGHT, *(known.keys() & set(_SHAPE))):
        low, high = _bounds(name)
        drawn[name] = low + (high - low) * known[name]
    turns = [(2 * known[name] - 1) * limit for name, limit in POSE_RANGES.items()]  # degrees
    angles = np.stack([turns[0], -turns[1], turns[2]], axis=1)
    drawn["rotation"] = Rotation.from_euler("yxz", angles, degrees=True).as_matrix().reshape(-1, 9)
    x, up = drawn["light_x"], drawn["light_y"]
    drawn["light_z"] = np.sqrt(1 - x**2 - up**2)  # at least 0.5
    tone = 0.7 * drawn["skin_colour"] + 0.3 * drawn["hair_colour"]  # (N, 3)
    metered = np.sqrt(0.45 / tone.mean(axis=1))  # as pictures._draw_light, without its chance
    white = np.ones((n, 3))
    drawn["key_colour"] = white * (metered * _CONTRAST)[:, None]
    drawn["fill_colour"] = white * (metered * (1.02 - 0.75 * _CONTRAST))[:, None]
    drawn |= {name: np.full(n, value) for name, value in _PLAIN.items()}
    drawn |= {name: white * _BACKDROP for name in _BEHIND}
    parameters = {k: np.ascontiguousarray(value, np.float32) for k, value in drawn.items()}
    return Scenes({}, parameters)
