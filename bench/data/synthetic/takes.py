"""Takes: hair, glasses, beard, make-up and clothes, which people change between two sittings."""

from collections.abc import Mapping

import numpy as np

from bench.data.synthetic.people import People
from bench.data.synthetic.rng import Column, Streams

_TAKES = 2  # level of the streams


def draw_takes(people: People, n_takes: int, seed: int) -> Mapping[str, Column]:
    """Parameters that last for a take, by name; (n_people * n_takes,) or (..., 3) each.

    Rows are ordered by person, then take.
    """
    owners = [(p, t) for p in range(len(people.gender)) for t in range(n_takes)]
    rng = Streams(seed, _TAKES, owners)
    own = {name: np.repeat(value, n_takes, axis=0) for name, value in people.traits.items()}
    return own | _hair(own, rng) | _accessories(own, rng)


def _hair(own: Mapping[str, Column], rng: Streams) -> dict[str, Column]:
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
        "hair_volume": np.clip(own["hair_volume"] + rng.uniform(-0.035, 0.035), 0.05, 0.26),
        "hairline": np.clip(own["hairline"], 0.66, 0.99),
        "fringe": np.clip(own["fringe"] + rng.uniform(-0.10, 0.10), 0.0, 0.30),
        "parting": np.clip(own["parting"] + rng.uniform(-0.22, 0.22), -0.6, 0.6),
        "curl": np.clip(own["curl"] + rng.uniform(-0.17, 0.17), 0, 1),
        "bun": np.where(rng.uniform() < 0.4 * (own["hair_length"] - 0.35), 1.0, 0.0),
        "beard": np.where(shaved | (beard < 0.12), 0.0, np.clip(beard, 0, 1)),
    }


def _accessories(own: Mapping[str, Column], rng: Streams) -> dict[str, Column]:
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
