"""People and their takes: the traits of a face, and what people change between two sittings."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bench.data.synthetic.expressions import ACTION_UNITS
from bench.data.synthetic.rng import BALANCE, PEOPLE, TAKES, Column, Streams

Classes = npt.NDArray[np.int64]

GENDERS = ("female", "male")
AGE_GROUPS = ("young", "middle", "old")
SKIN_TONES = ("light", "tan", "brown", "dark")


class Trait(NamedTuple):
    """The distribution of one number of a face.

    `male` is the distance between the means of men and women, `old` that between two adjacent age
    groups, both in standard deviations: below 2.5, so that they overlap and no trait decides alone.
    """

    mean: float
    spread: float
    male: float = 0.0
    old: float = 0.0


# fmt: off
# A head unit is about 100 mm, the origin lies between the eyes. Means began as rounded values of
# Farkas (Anthropometry of the Head and Face, 1994) and moved until the mean face, aligned, had the
# layout of photographs. Spreads are two to three times those of one population, as in animated
# films; they and the distances of the genders were chosen by two judges (docs/synthetic.md).
TRAITS: Mapping[str, Trait] = {
    "face_width": Trait(1, 0.106, 1.1, 0.1),       "face_height": Trait(1, 0.084, 0.5),
    "skull_width": Trait(1, 0.056, 0.8),           "jaw_width": Trait(1, 0.146, 2.2),
    "chin_length": Trait(0.5, 0.0616, 0.9),        "chin_width": Trait(1, 0.18, 2),
    "chin_forward": Trait(0.3, 0.49, 1.6),         "chin_cleft": Trait(-0.35, 0.5, 0.7),
    "cheek": Trait(0.5, 0.63, -1, -0.4),           "cheekbone": Trait(0.5, 0.63, -0.5),
    "cheek_hollow": Trait(0.3, 0.56, 0.4, 0.5),    "jowl": Trait(0.25, 0.49, 0.3, 0.9),
    "brow_ridge": Trait(0.4, 0.448, 2.2, 0.1),     "muzzle": Trait(0.3, 0.7, 0.2),
    "eye_size": Trait(0.95, 0.123, -1.6, -0.2),    "eye_length": Trait(1, 0.0896, 0.6),
    "eye_spacing": Trait(0.325, 0.0381, -1.4),     "eye_height": Trait(0.03, 0.05),
    "eye_tilt": Trait(0.07, 0.123, -0.8, -0.3),    "eye_opening": Trait(0.86, 0.213, -1.4, -0.5),
    "eye_depth": Trait(0.4, 0.56, 0.9, 0.3),       "eye_bags": Trait(0.15, 0.35, 0.2, 0.9),
    "eye_peak": Trait(-0.05, 0.22),                "iris_size": Trait(1, 0.1),
    "lid_fold": Trait(0.048, 0.0364, -0.9, -0.2),  "lid_hood": Trait(0.25, 0.56, 0.5, 0.7),
    "brow_thickness": Trait(0.041, 0.0157, 1.7, 0.1),
    "brow_height": Trait(0.172, 0.0403, -1.9, -0.2),
    "brow_tilt": Trait(0, 0.084, -0.2, -0.2),      "brow_arch": Trait(0.038, 0.0358, -2),
    "brow_length": Trait(0.21, 0.0426, 1.2),       "brow_gap": Trait(-0.01, 0.0336, -0.3),
    "brow_taper": Trait(0.5, 0.22, -0.3),          "brow_density": Trait(0.8, 0.16, 1.3, -0.3),
    "nose_length": Trait(0.325, 0.0616, 1, 0.4),   "nose_width": Trait(1, 0.224, 2.1, 0.2),
    "nose_tip": Trait(1, 0.202, 1.5, 0.2),         "nose_bridge": Trait(1, 0.269, 1.3),
    "nose_forward": Trait(1, 0.7, 2, 0.2),         "nose_hump": Trait(0.3, 0.84, 0.7, 0.2),
    "nose_turn": Trait(0, 1, -0.9, -0.2),          "nose_root": Trait(0.5, 0.84, -0.7),
    "wing_height": Trait(0, 0.018),                "philtrum": Trait(0.305, 0.0448, 0, 0.4),
    "mouth_width": Trait(0.265, 0.0403, 0.7),      "mouth_corner": Trait(0.01, 0.015, 0, -0.4),
    "lip_bow": Trait(0.28, 0.16, -0.4),            "lip_upper": Trait(0.056, 0.0202, -1.8, -0.4),
    "lip_lower": Trait(0.078, 0.0235, -1.8, -0.3), "lip_red": Trait(0.5, 0.25, -1.5),
    "ear_size": Trait(1, 0.16, 0.8, 0.3),          "ear_angle": Trait(0.02, 0.04, 0.3),
    "lash": Trait(0.45, 0.2, -2.3),                "wrinkle": Trait(0.36, 0.252, 0.2, 1.5),
    "freckles": Trait(-0.15, 0.63, 0, -0.2),       "mole": Trait(-0.35, 0.6),
    "mole_x": Trait(0, 0.42),                      "mole_y": Trait(-0.45, 0.16),
    "mottle": Trait(0.5, 0.35, 0.5, 0.6),          "ruddy": Trait(0.5, 0.42, -0.3, 0.1),
    "skin_x": Trait(0, 8),                         "skin_y": Trait(0, 8),
    "hair_length": Trait(0.4, 0.29, -1.95),        "hair_volume": Trait(0.12, 0.0813, -0.6, -0.3),
    "hairline": Trait(0.82, 0.138, 1.2, 0.5),      "fringe": Trait(0.03, 0.175, -0.5),
    "hair_temples": Trait(0.4, 0.438, 1.5, 0.5),   "parting": Trait(0, 0.35),
    "curl": Trait(0.3, 0.375, -0.3),               "beard_potential": Trait(0, 0.45, 2.4),
    "beard_cheek": Trait(0.5, 0.45, 0.4),          "beard_lip": Trait(0.7, 0.45),
    "makeup_habit": Trait(0.2, 0.4, -2.2),         "brow_light": Trait(1, 0.25, -0.2),
    "glasses_habit": Trait(0.05, 0.35, 0, 0.5),    "frame_round": Trait(0.5, 0.3, -0.3),
    "asymmetry": Trait(0, 0.22),
}
# red, green, blue of 0..1 in full light
SKIN_COLOURS = np.array([[0.89, 0.71, 0.61], [0.86, 0.66, 0.51], [0.70, 0.48, 0.35],
                         [0.53, 0.36, 0.27]])
HAIR_COLOURS = np.array([[0.10, 0.08, 0.08], [0.26, 0.16, 0.10], [0.45, 0.29, 0.16],
                         [0.66, 0.50, 0.30], [0.46, 0.20, 0.10]])
IRIS_COLOURS = np.array([[0.33, 0.19, 0.10], [0.45, 0.28, 0.12], [0.30, 0.45, 0.65],
                         [0.30, 0.45, 0.28], [0.45, 0.50, 0.52]])
# fmt: on
GREY_HAIR = np.array([0.62, 0.62, 0.63])


class People(NamedTuple):
    """A population; row i of every array is person i."""

    gender: Classes  # (n,), an index into GENDERS
    age: Classes  # (n,), an index into AGE_GROUPS
    skin: Classes  # (n,), an index into SKIN_TONES
    traits: Mapping[str, Column]  # name to (n,), or to (n, 3) for a colour
    gains: Column  # (n, len(ACTION_UNITS)), factor of every action unit; 1 without style
    rests: Column  # likewise, every action unit's intensity at rest; 0 without style


def draw_people(n_people: int, seed: int, *, style: bool) -> People:
    """A population balanced by gender, age group and skin tone, as far as its size allows.

    With `style`, all people move their faces in their own way.
    """
    rng = Streams(seed, PEOPLE, [(person,) for person in range(n_people)])
    gender, age, skin = (
        _balanced(n_people, len(classes), seed, turn)
        for turn, classes in enumerate((GENDERS, AGE_GROUPS, SKIN_TONES))
    )
    traits = {name: _draw_trait(t, gender, age, rng) for name, t in TRAITS.items()}
    for name in ("wrinkle", "jowl", "eye_bags", "cheek_hollow", "mottle", "brow_ridge", "lid_hood"):
        traits[name] = np.clip(traits[name], 0.0, 1.2)  # a negative fold would shine
    traits |= _draw_colours(skin, age, rng)
    gains = np.stack([np.clip(1 + 0.18 * rng.normal(), 0.75, 1.4) for _ in ACTION_UNITS], axis=1)
    rests = np.stack([np.maximum(0.05 * rng.normal(), 0) for _ in ACTION_UNITS], axis=1)
    if not style:
        traits["asymmetry"] = np.zeros(n_people)
        gains, rests = np.ones_like(gains), np.zeros_like(rests)
    return People(gender, age, skin, traits, gains, rests)


def _balanced(n_people: int, n_classes: int, seed: int, turn: int) -> Classes:
    """Classes in shuffled blocks that hold each class once, (n_people,)."""
    owners = [(turn, block) for block in range(-(-n_people // n_classes))]
    generators = (np.random.default_rng([seed, BALANCE, *owner]) for owner in owners)
    return np.concatenate([g.permutation(n_classes) for g in generators])[:n_people]


def _draw_trait(trait: Trait, gender: Classes, age: Classes, rng: Streams) -> Column:
    """Values of one trait, (n,), within 2.2 standard deviations of its group's mean."""
    own = np.clip(rng.normal(), -2.2, 2.2)
    shifted = own + trait.male * (gender - 0.5) + trait.old * (age - 1.0)
    return np.asarray(trait.mean + trait.spread * shifted)


def _draw_colours(skin: Classes, age: Classes, rng: Streams) -> dict[str, Column]:
    """Colours of skin, hair and iris, (n, 3) each; darker skin goes with darker hair and eyes."""
    light, warm = rng.normal()[:, None], rng.normal()[:, None]  # (n, 1)
    tone = SKIN_COLOURS[skin] * (1 + 0.06 * light) + warm * np.array([0.020, 0.0, -0.028])
    dark = (skin + rng.uniform(0, 2.4) > 3.0)[:, None]  # (n, 1)
    hair = HAIR_COLOURS[np.minimum(rng.uniform(0, 5).astype(int), 4)]
    hair = np.where(dark, HAIR_COLOURS[0] * (1 + rng.uniform(0, 1.2)[:, None]), hair)
    grey = np.clip((age - 1.0) * 0.6 + 0.35 * rng.normal(), 0, 0.9)[:, None]  # (n, 1)
    iris = IRIS_COLOURS[np.minimum(rng.uniform(0, 5).astype(int), 4)]
    iris = np.where(dark, IRIS_COLOURS[0] * (0.7 + rng.uniform(0, 0.6)[:, None]), iris)
    return {
        "skin_colour": np.clip(tone, 0.05, 1.0),
        "hair_colour": hair + grey * (GREY_HAIR - hair),
        "iris_colour": iris * (0.85 + 0.3 * rng.uniform()[:, None]),
    }


def draw_takes(people: People, n_takes: int, seed: int) -> Mapping[str, Column]:
    """Parameters that last for a take, by name; (n_people * n_takes,) or (..., 3) each.

    Rows are ordered by person, then take.
    """
    owners = [(p, t) for p in range(len(people.gender)) for t in range(n_takes)]
    rng = Streams(seed, TAKES, owners)
    own = {name: np.repeat(value, n_takes, axis=0) for name, value in people.traits.items()}
    return own | _draw_hair(own, rng) | _draw_accessories(own, rng)


def _draw_hair(own: Mapping[str, Column], rng: Streams) -> dict[str, Column]:
    """Hair and beard of a take, around the person's own."""
    dyed = (rng.uniform() < 0.03)[:, None]  # (n, 1)
    grey = rng.uniform(0.15, 0.65)[:, None]  # (n, 1)
    tint = grey + 0.6 * (rng.colour(0.08, 0.75) - grey)
    hair = own["hair_colour"] * (np.exp(0.12 * rng.normal()[:, None]))
    hair = np.where(dyed, 0.4 * hair + 0.6 * tint, hair)
    shaved = rng.uniform() < 0.3
    beard = np.clip(own["beard_potential"], 0, 1) * rng.uniform(0.45, 1.1)
    return {
        "hair_colour": np.clip(hair, 0.04, 0.95),
        "hair_length": np.clip(own["hair_length"] + rng.uniform(-0.14, 0.14), 0, 1),
        "hair_volume": np.clip(own["hair_volume"] + rng.uniform(-0.03, 0.03), 0.03, 0.34),
        "hairline": np.clip(own["hairline"], 0.60, 1.25),
        "fringe": np.clip(own["fringe"] + rng.uniform(-0.10, 0.10), 0.0, 0.24),
        "parting": np.clip(own["parting"] + rng.uniform(-0.22, 0.22), -0.6, 0.6),
        "curl": np.clip(own["curl"] + rng.uniform(-0.17, 0.17), 0, 1),
        "bun": np.where(rng.uniform() < 0.4 * (own["hair_length"] - 0.35), 1.0, 0.0),
        "beard": np.where(shaved | (beard < 0.12), 0.0, np.clip(beard, 0.25, 1)),
        "beard_length": rng.uniform(0.1, 1.0),
        "stubble": np.clip(own["beard_potential"], 0.0, 0.9) * rng.uniform(0.4, 0.9),
    }


def _draw_accessories(own: Mapping[str, Column], rng: Streams) -> dict[str, Column]:
    """Glasses, make-up and clothes of a take."""
    habit = np.clip(own["glasses_habit"] * 1.3 + 0.15, 0.04, 0.9)
    makeup = np.clip(own["makeup_habit"] + 0.25 * rng.normal(), 0, 1)
    dark = rng.uniform()[:, None] < 0.6  # (n, 1)
    return {
        "glasses": np.where(rng.uniform() < habit, 1.0, 0.0),
        "frame_round": np.clip(own["frame_round"] + 0.2 * rng.normal(), 0, 1),
        "frame_size": rng.uniform(0.9, 1.15),
        "frame_colour": np.where(dark, rng.colour(0.05, 0.15), rng.colour(0.05, 0.5)),
        "makeup": makeup,
        "makeup_colour": np.clip(rng.colour(0.2, 0.7) + np.array([0.2, -0.1, 0.0]), 0, 1),
        "lipstick_colour": np.stack(
            [rng.uniform(0.6, 0.85), rng.uniform(0.1, 0.3), rng.uniform(0.15, 0.4)], axis=1
        ),
        "clothes_colour": rng.colour(0.08, 0.9),
        "collar": rng.uniform(0.0, 1.0),
    }
