"""Pictures: every number that the renderer needs, and the labels that it makes true."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.data.synthetic.expressions import ACTION_UNITS, EXPRESSIONS, draw_actions
from bench.data.synthetic.luck import Column, Luck
from bench.data.synthetic.people import AGE_GROUPS, GENDERS, SKIN_TONES, People, draw_people
from bench.data.synthetic.takes import draw_takes

__all__ = [
    "AGE_GROUPS",
    "ATTRIBUTES",
    "EXPRESSIONS",
    "GENDERS",
    "POSE_RANGES",
    "SKIN_TONES",
    "Scenes",
    "scenes",
]

_PICTURES = 3  # level of the streams

POSE_RANGES: Mapping[str, float] = {"yaw": 35.0, "pitch": 20.0, "roll": 15.0}
"""Largest turn of the head to either side, in degrees; labels map -range..range to 0..1."""

_LABELLED_UNITS = ("AU4", "AU5", "AU6", "AU7", "AU12", "AU23")
ATTRIBUTES = (*POSE_RANGES, *_LABELLED_UNITS, "male")
"""The ten labels of 0..1."""


@dataclass(frozen=True)
class Scenes:
    """Pictures before they are drawn; row i of every array is picture i."""

    labels: Mapping[str, npt.NDArray[np.generic]]
    """Name to (N,): int64 for classes, float32 in 0..1 for attributes."""
    parameters: Mapping[str, npt.NDArray[np.float32]]
    """Name to float32 (N,) or (N, k): all that `render` reads."""

    def part(self, start: int, stop: int) -> Mapping[str, npt.NDArray[np.float32]]:
        """Parameters of the pictures start..stop-1."""
        return {name: column[start:stop] for name, column in self.parameters.items()}


def scenes(n_people: int, n_takes: int, n_pictures: int, seed: int, style: bool) -> Scenes:
    """n_people * n_takes * n_pictures pictures, ordered by person, take and picture.

    Args:
        n_people: persons; genders, age groups and skin tones are spread evenly over them.
        n_takes: sittings of each person; hair, glasses, beard and make-up last for one.
        n_pictures: pictures of each take; expression, pose, light and background are each its own.
        seed: of the population; a smaller set is part of a larger one of the same seed.
        style: whether each person has an own way to move the face.
    """
    people = draw_people(n_people, seed, style=style)
    takes = draw_takes(people, n_takes, seed)
    person = np.repeat(np.arange(n_people), n_takes * n_pictures)
    take = np.repeat(np.arange(n_people * n_takes), n_pictures)
    luck = Luck(
        seed, _PICTURES, [divmod(i, n_takes) for i in range(n_people * n_takes)], n_pictures
    )
    expression = np.minimum(luck.uniform(0, len(EXPRESSIONS)).astype(np.int64), 6)
    actions = draw_actions(expression, people.gains[person], people.rests[person], luck)
    pose = _draw_pose(luck)
    drawn = {name: column[take] for name, column in takes.items()}
    drawn |= dict(zip(ACTION_UNITS, actions.T, strict=True))
    drawn |= {"rotation": _rotation(pose)} | _draw_place(luck)
    drawn |= _draw_light(_head_brightness(drawn), luck) | _draw_camera(luck) | _draw_backdrop(luck)
    parameters = {name: np.ascontiguousarray(c, dtype=np.float32) for name, c in drawn.items()}
    labels = _labels(people, person, parameters, pose)
    return Scenes(labels | {"take": take, "expression": expression}, parameters)


def _labels(
    people: People,
    person: npt.NDArray[np.int64],
    parameters: Mapping[str, npt.NDArray[np.float32]],
    pose: Mapping[str, Column],
) -> dict[str, npt.NDArray[np.generic]]:
    """Labels of a picture that follow from its person, its pose and what is drawn."""
    male = people.gender[person]
    labels: dict[str, npt.NDArray[np.generic]] = {
        "identity": person.astype(np.int64),
        "gender": male.astype(np.int64),
        "age": people.age[person].astype(np.int64),
        "skin": people.skin[person].astype(np.int64),
        "male": male.astype(np.float32),
        "glasses": (parameters["glasses"] > 0.5).astype(np.int64),
        "beard": (parameters["beard"] > 0).astype(np.int64),
    }
    labels |= {n: (0.5 + a / POSE_RANGES[n] / 2).astype(np.float32) for n, a in pose.items()}
    return labels | {unit: parameters[unit] for unit in _LABELLED_UNITS}


def _draw_pose(luck: Luck) -> dict[str, Column]:
    """Angles in degrees, (N,) each: right, up and counter-clockwise as seen are positive."""
    return {
        name: np.clip(0.42 * limit * luck.normal(), -limit, limit)
        for name, limit in POSE_RANGES.items()
    }


def _rotation(pose: Mapping[str, Column]) -> Column:
    """Rotations from head to camera, (N, 9) row by row: first yaw, then pitch, then roll."""
    (cy, sy), (cp, sp), (cr, sr) = ((np.cos(a), np.sin(a)) for a in map(np.radians, pose.values()))
    zero, one = np.zeros_like(cy), np.ones_like(cy)
    yaw = np.stack([cy, zero, sy, zero, one, zero, -sy, zero, cy], axis=1).reshape(-1, 3, 3)
    pitch = np.stack([one, zero, zero, zero, cp, sp, zero, -sp, cp], axis=1).reshape(-1, 3, 3)
    roll = np.stack([cr, -sr, zero, sr, cr, zero, zero, zero, one], axis=1).reshape(-1, 3, 3)
    turned: Column = (roll @ pitch @ yaw).reshape(-1, 9)  # (N, 9)
    return turned


def _draw_place(luck: Luck) -> dict[str, Column]:
    """Where the head is in the picture, how large, and where the eyes look."""
    return {
        "shift_x": 0.06 * luck.normal().clip(-2, 2),
        "shift_y": 0.05 * luck.normal().clip(-2, 2),
        "zoom": 1.0 + 0.05 * luck.normal().clip(-2, 2),
        "gaze_x": luck.normal().clip(-2, 2),
        "gaze_y": luck.normal().clip(-2, 2),
    }


def _head_brightness(drawn: Mapping[str, Column]) -> Column:
    """Mean brightness of skin and hair, roughly, (N,), 0..1."""
    head = 0.7 * drawn["skin_colour"] + 0.3 * drawn["hair_colour"]  # (N, 3)
    return np.asarray(head.mean(axis=1))


def _draw_light(head: Column, luck: Luck) -> dict[str, Column]:
    """Direction, strength and colour of the light, and the camera's white balance.

    Strength and balance vary, and the camera meters on the face as cameras do, halfway: so a
    picture's mean colour tells little of skin and hair.

    Args:
        head: brightness of the head, (N,), 0..1.
        luck: of the pictures.
    """
    side, height = luck.uniform(-0.75, 0.75), luck.uniform(-0.1, 0.75)
    front = np.ones_like(side)
    towards = np.stack([side, height, front], axis=1)
    towards = towards / np.linalg.norm(towards, axis=1, keepdims=True)
    warm, green = luck.normal().clip(-2, 2), luck.normal().clip(-2, 2)
    metered = np.sqrt(0.45 / head)  # (N,)
    exposure = (metered * np.exp(0.32 * luck.normal().clip(-2, 2)))[:, None]
    tint = np.stack([1 + 0.15 * warm, 1 + 0.07 * green, 1 - 0.17 * warm], axis=1)
    cold, pink = luck.normal().clip(-2, 2), luck.normal().clip(-2, 2)
    balance = np.stack([1 - 0.15 * cold, 1 - 0.06 * pink, 1 + 0.17 * cold], axis=1) * exposure
    contrast = luck.uniform(0.35, 0.75)
    return {
        "light_x": towards[:, 0],
        "light_y": towards[:, 1],
        "light_z": towards[:, 2],
        "key_colour": tint * balance * contrast[:, None],
        "fill_colour": (2 - tint) * balance * (1.02 - 0.75 * contrast)[:, None],
    }


def _draw_camera(luck: Luck) -> dict[str, Column]:
    """Blur, sensor noise and the seed of that noise (below 2**24: exact in float32)."""
    return {
        "blur": luck.uniform(0.0, 0.22),
        "noise": luck.uniform(0.004, 0.020),
        "noise_seed": np.floor(luck.uniform(0, 2**24)),
    }


def _draw_backdrop(luck: Luck) -> dict[str, Column]:
    """A gradient between two colours, with three blobs.

    All five lie around the colour of the room, so that they do not average out in a picture's mean
    colour: that tells of the room, not of skin and hair.
    """
    room = luck.uniform(0.0, 1.0)[:, None] + luck.colour(-0.3, 0.3)  # (N, 3)
    drawn = {"back_top": _muted(room, luck), "back_bottom": _muted(room, luck)}
    for blob in range(3):
        drawn[f"blob{blob}_colour"] = _muted(room, luck)
        drawn[f"blob{blob}_x"] = luck.uniform(-1.4, 1.4)
        drawn[f"blob{blob}_y"] = luck.uniform(-1.4, 1.4)
        drawn[f"blob{blob}_radius"] = luck.uniform(0.3, 1.1)
    return drawn


def _muted(room: Column, luck: Luck) -> Column:
    """Colours around that of a room, (N, 3), less saturated than pure noise would be."""
    own = np.clip(room + luck.uniform(-0.3, 0.3)[:, None], 0.02, 0.98)  # (N, 3)
    muted: Column = own + luck.uniform(0.3, 0.75)[:, None] * (luck.colour(0.0, 1.0) - own)
    return muted
