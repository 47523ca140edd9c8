"""Expressions as action units of the Facial Action Coding System (Ekman and Friesen, 1978)."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from bench.data.synthetic.rng import Column, Streams

# fmt: off
ACTION_UNITS = (
    "AU1", "AU2", "AU4",  # inner brow raiser, outer brow raiser, brow lowerer
    "AU5", "AU6", "AU7",  # upper lid raiser, cheek raiser, lid tightener
    "AU9", "AU10",  # nose wrinkler, upper lip raiser
    "AU12", "AU15", "AU17",  # lip corner puller, lip corner depressor, chin raiser
    "AU20", "AU23", "AU25", "AU26",  # lip stretcher, lip tightener, lips part, jaw drop
)
# Intensity 0..1 of the units that make an expression; all others are 0.
TEMPLATES: Mapping[str, Mapping[str, float]] = {
    "anger": {"AU4": 0.95, "AU5": 0.10, "AU7": 0.75, "AU17": 0.45, "AU23": 0.95},
    "disgust": {"AU4": 0.40, "AU6": 0.20, "AU7": 0.45, "AU9": 0.95, "AU10": 0.90, "AU15": 0.30,
                "AU17": 0.25, "AU25": 0.30},
    "fear": {"AU1": 0.90, "AU2": 0.35, "AU4": 0.50, "AU5": 0.90, "AU20": 0.80, "AU25": 0.70,
             "AU26": 0.35},
    "joy": {"AU6": 0.85, "AU7": 0.15, "AU12": 0.95, "AU25": 0.70, "AU26": 0.15},
    "neutral": {},
    "sadness": {"AU1": 0.95, "AU4": 0.20, "AU7": 0.40, "AU15": 0.95, "AU17": 0.60},
    "surprise": {"AU1": 0.90, "AU2": 0.95, "AU5": 0.80, "AU25": 0.80, "AU26": 0.95},
}
# fmt: on
EXPRESSIONS = tuple(TEMPLATES)
_INTENSITIES = np.array([[t.get(unit, 0.0) for unit in ACTION_UNITS] for t in TEMPLATES.values()])


def draw_actions(
    expression: npt.NDArray[np.int64], gains: Column, rests: Column, rng: Streams
) -> Column:
    """Intensities of the action units in each picture, (N, len(ACTION_UNITS)), 0..1.

    `expression`, (N,), indexes EXPRESSIONS; `gains` and `rests`, (N, len(ACTION_UNITS)), are those
    of each picture's person, as in `People`.
    """
    strength = rng.uniform(0.85, 1.08)[:, None]  # (N, 1)
    jitter = np.stack([rng.normal() for _ in ACTION_UNITS], axis=1)
    moved = _INTENSITIES[expression] * (strength + 0.10 * jitter) + 0.06 * np.abs(jitter)
    return np.clip(moved * gains + rests, 0.0, 1.0)
