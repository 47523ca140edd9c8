"""Takes: what a person changes between two sittings (hair, glasses, beard, make-up, clothes)."""

from collections.abc import Mapping

import numpy as np

from bench.data.synthetic.luck import Column, Luck
from bench.data.synthetic.people import People

_TAKES = 2  # level of the streams


def draw_takes(people: People, n_takes: int, seed: int) -> Mapping[str, Column]:
    """Parameters that last for a take, by name; (n_people * n_takes,) or (..., 3) each.

    Rows are ordered by person, then take.
    """
    owners = [(p, t) for p in range(len(people.gender)) for t in range(n_takes)]
    luck = Luck(seed, _TAKES, owners)
    own = {name: np.repeat(value, n_takes, axis=0) for name, value in people.traits.items()}
    return own | _hair(own, luck) | _accessories(own, luck)


def _hair(own: Mapping[str, Column], luck: Luck) -> dict[str, Column]:
    """Hair and beard of a take, around the person's own."""
    dyed = (luck.uniform() < 0.03)[:, None]  # (n, 1)
    grey = luck.uniform(0.15, 0.65)[:, None]  # (n, 1)
    tint = grey + 0.6 * (luck.colour(0.08, 0.75) - grey)
    hair = own["hair_colour"] * (np.exp(0.12 * luck.normal()[:, None]))
    hair = np.where(dyed, 0.4 * hair + 0.6 * tint, hair)
    shaved = luck.uniform() < 0.3
    beard = np.clip(own["beard_potential"], 0, 1) * luck.uniform(0.45, 1.1)
    return {
        "hair_colour": np.clip(hair, 0.04, 0.95),
        "hair_length": np.clip(own["hair_length"] + luck.uniform(-0.14, 0.14), 0, 1),
        "hair_volume": np.clip(own["hair_volume"] + luck.uniform(-0.035, 0.035), 0.05, 0.26),
        "hairline": np.clip(own["hairline"], 0.66, 0.99),
        "fringe": np.clip(own["fringe"] + luck.uniform(-0.10, 0.10), 0.0, 0.30),
        "parting": np.clip(own["parting"] + luck.uniform(-0.22, 0.22), -0.6, 0.6),
        "curl": np.clip(own["curl"] + luck.uniform(-0.17, 0.17), 0, 1),
        "bun": np.where(luck.uniform() < 0.4 * (own["hair_length"] - 0.35), 1.0, 0.0),
        "beard": np.where(shaved | (beard < 0.12), 0.0, np.clip(beard, 0, 1)),
    }


def _accessories(own: Mapping[str, Column], luck: Luck) -> dict[str, Column]:
    """Glasses, make-up and clothes of a take."""
    habit = np.clip(own["glasses_habit"] * 1.3 + 0.15, 0.04, 0.9)
    makeup = np.clip(own["makeup_habit"] + 0.25 * luck.normal(), 0, 1)
    dark = luck.uniform()[:, None] < 0.6  # (n, 1)
    return {
        "glasses": np.where(luck.uniform() < habit, 1.0, 0.0),
        "frame_round": np.clip(own["frame_round"] + 0.2 * luck.normal(), 0, 1),
        "frame_size": luck.uniform(0.9, 1.15),
        "frame_colour": np.where(dark, luck.colour(0.05, 0.15), luck.colour(0.05, 0.5)),
        "makeup": makeup,
        "makeup_colour": np.clip(luck.colour(0.2, 0.7) + np.array([0.2, -0.1, 0.0]), 0, 1),
        "lipstick_colour": np.stack(
            [luck.uniform(0.6, 0.85), luck.uniform(0.1, 0.3), luck.uniform(0.15, 0.4)], axis=1
        ),
        "clothes_colour": luck.colour(0.08, 0.9),
        "collar": luck.uniform(0.0, 1.0),
    }
