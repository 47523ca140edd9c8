"""Pictures: the parameters that the renderer needs, and the labels that follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.data.synthetic.expressions import ACTION_UNITS, EXPRESSIONS, draw_actions
from bench.data.synthetic.people import draw_people, draw_takes
from bench.data.synthetic.rng import PICTURES, Column, Streams

Parameters = Mapping[str, npt.NDArray[np.float32]]  # what `render` reads: (N,) or (N, k)

# Largest turn of the head to either side, in degrees; labels map -range..range to 0..1.
POSE_RANGES: Mapping[str, float] = {"yaw": 35.0, "pitch": 20.0, "roll": 15.0}
ATTRIBUTES = (*POSE_RANGES, *ACTION_UNITS, "male")  # the labels of 0..1


@dataclass(frozen=True)
class Scenes:
    """Pictures before they are drawn; row i of every array is picture i."""

    labels: Mapping[str, npt.NDArray[np.generic]]  # (N,): int64, or float32 in 0..1 (attributes)
    parameters: Parameters

    def part(self, start: int, stop: int) -> Parameters:
        """Parameters of the pictures start..stop-1."""
        return {name: column[start:stop] for name, column in self.parameters.items()}


def scenes(n_people: int, n_takes: int, n_pictures: int, seed: int, style: bool) -> Scenes:
    """n_people * n_takes * n_pictures pictures, ordered by person, take and picture.

    Takes of a person differ in hair, glasses, beard and make-up; pictures of a take in expression,
    pose, light and background. With `style`, all people move their faces in their own way.
    """
    people = draw_people(n_people, seed, style=style)
    takes = draw_takes(people, n_takes, seed)
    person = np.repeat(np.arange(n_people), n_takes * n_pictures)
    take = np.repeat(np.arange(n_people * n_takes), n_pictures)
    owners = [divmod(i, n_takes) for i in range(n_people * n_takes)]
    rng = Streams(seed, PICTURES, owners, n_pictures)
    expression = np.minimum(rng.uniform(0, len(EXPRESSIONS)).astype(np.int64), 6)
    actions = draw_actions(expression, people.gains[person], people.rests[person], rng)
    pose = {  # degrees; right, up and counter-clockwise as seen are positive
        name: np.clip(0.42 * limit * rng.normal(), -limit, limit)
        for name, limit in POSE_RANGES.items()
    }
    drawn = {name: column[take] for name, column in takes.items()}
    drawn |= dict(zip(ACTION_UNITS, actions.T, strict=True))
    drawn |= {"rotation": _rotation(pose)} | _draw_place(rng)
    drawn |= _draw_light(drawn["skin_colour"], drawn["hair_colour"], rng)
    drawn |= {"blur": rng.uniform(0.0, 0.15), "noise": rng.uniform(0.003, 0.012)}
    drawn["noise_seed"] = np.floor(rng.uniform(0, 2**24))  # float32 holds it exactly
    drawn |= _draw_backdrop(rng)
    parameters = {name: np.ascontiguousarray(c, dtype=np.float32) for name, c in drawn.items()}
    labels: dict[str, npt.NDArray[np.generic]] = {"identity": person, "take": take}
    labels |= {name: getattr(people, name)[person] for name in ("gender", "age", "skin")}
    labels |= {"expression": expression}
    labels |= {name: (parameters[name] > 0).astype(np.int64) for name in ("glasses", "beard")}
    labels |= {"male": people.gender[person].astype(np.float32)}
    labels |= {n: (0.5 + a / POSE_RANGES[n] / 2).astype(np.float32) for n, a in pose.items()}
    return Scenes(labels | {unit: parameters[unit] for unit in ACTION_UNITS}, parameters)


def _rotation(pose: Mapping[str, Column]) -> Column:
    """Rotations from head to camera, (N, 9) row by row: first yaw, then pitch, then roll."""
    (cy, sy), (cp, sp), (cr, sr) = ((np.cos(a), np.sin(a)) for a in map(np.radians, pose.values()))
    zero, one = np.zeros_like(cy), np.ones_like(cy)
    yaw = np.stack([cy, zero, sy, zero, one, zero, -sy, zero, cy], axis=1).reshape(-1, 3, 3)
    pitch = np.stack([one, zero, zero, zero, cp, sp, zero, -sp, cp], axis=1).reshape(-1, 3, 3)
    roll = np.stack([cr, -sr, zero, sr, cr, zero, zero, zero, one], axis=1).reshape(-1, 3, 3)
    return np.asarray((roll @ pitch @ yaw).reshape(-1, 9))  # (N, 9)


def _draw_place(rng: Streams) -> dict[str, Column]:
    """Position and size of the head, and the direction of the gaze."""
    x, y, size, gaze_x, gaze_y = (rng.normal().clip(-2, 2) for _ in range(5))
    head = {"shift_x": 0.06 * x, "shift_y": 0.05 * y, "zoom": 1.0 + 0.05 * size}
    return head | {"gaze_x": gaze_x, "gaze_y": gaze_y}


def _draw_light(skin: Column, hair: Column, rng: Streams) -> dict[str, Column]:
    """Direction, strength and colour of the light, and the camera's white balance.

    Strength and balance vary, and the exposure compensates half of the head's brightness, so a
    picture's mean colour says little about skin and hair, (N, 3) each.
    """
    side, height = rng.uniform(-0.75, 0.75), rng.uniform(-0.1, 0.75)
    towards = np.stack([side, height, np.ones_like(side)], axis=1)
    towards = towards / np.linalg.norm(towards, axis=1, keepdims=True)
    warm, green = rng.normal().clip(-2, 2), rng.normal().clip(-2, 2)
    metered = np.sqrt(0.45 / (0.7 * skin + 0.3 * hair).mean(axis=1))  # (N,)
    exposure = (metered * np.exp(0.26 * rng.normal().clip(-2, 2)))[:, None]
    tint = np.stack([1 + 0.09 * warm, 1 + 0.03 * green, 1 - 0.11 * warm], axis=1)
    cold, pink = rng.normal().clip(-2, 2), rng.normal().clip(-2, 2)
    balance = np.stack([1 - 0.08 * cold, 1 - 0.03 * pink, 1 + 0.09 * cold], axis=1) * exposure
    contrast = rng.uniform(0.35, 0.75)
    direction = dict(zip(("light_x", "light_y", "light_z"), towards.T, strict=True))
    return direction | {
        "key_colour": tint * balance * contrast[:, None],
        "fill_colour": (2 - tint) * balance * (1.02 - 0.75 * contrast)[:, None],
    }


def _draw_backdrop(rng: Streams) -> dict[str, Column]:
    """A gradient between two colours, with three blobs.

    All five lie around the colour of the room, so they do not average out in a picture's mean
    colour, which depends on the room more than on skin and hair.
    """
    room = rng.uniform(0.0, 1.0)[:, None] + rng.colour(-0.3, 0.3)  # (N, 3)
    drawn = {"back_top": _muted(room, rng), "back_bottom": _muted(room, rng)}
    for blob in range(3):
        drawn[f"blob{blob}_colour"] = _muted(room, rng)
        drawn[f"blob{blob}_x"] = rng.uniform(-1.4, 1.4)
        drawn[f"blob{blob}_y"] = rng.uniform(-1.4, 1.4)
        drawn[f"blob{blob}_radius"] = rng.uniform(0.3, 1.1)
    return drawn


def _muted(room: Column, rng: Streams) -> Column:
    """Colours around that of a room, (N, 3), less saturated than uniform noise."""
    own = np.clip(room + rng.uniform(-0.3, 0.3)[:, None], 0.02, 0.98)  # (N, 3)
    return np.asarray(own + rng.uniform(0.3, 0.75)[:, None] * (rng.colour(0.0, 1.0) - own))
