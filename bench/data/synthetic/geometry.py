"""Geometry: where the parts of a face are, once its action units have moved them."""

import numpy as np

from bench.data.synthetic.shapes import Array, Values


def place_features(v: Values) -> dict[str, Array]:
    """Positions and sizes in head units (x to the picture's right, y up), (N,) each.

    A number that ends in `_uneven` is added on the right side of the picture and subtracted on the
    left.
    """
    placed = _eyes(v) | _brows(v) | _nose(v)
    return placed | _mouth(v, placed["nose_y"] - 0.035 * v["AU9"])


def _eyes(v: Values) -> dict[str, Array]:
    """Eyes: lids open with AU5, close with AU6 (from below) and AU7 (from both sides)."""
    height = 0.090 * v["eye_size"] * v["eye_opening"]
    upper = height * (1 + 0.60 * v["AU5"] - 0.36 * v["AU7"] - 0.12 * v["AU6"] - 0.15 * v["AU9"])
    lower = 0.65 * height * (1 + 0.25 * v["AU5"] - 0.55 * v["AU7"] - 0.70 * v["AU6"])
    return {
        "eye_x": v["eye_spacing"] * (0.6 + 0.4 * v["face_width"]),
        "eye_y": v["eye_height"],
        "eye_width": 0.178 * v["eye_size"] * v["eye_length"],
        "lid_upper": upper,
        "lid_lower": np.maximum(lower, -0.015),
        "lid_uneven": 0.18 * v["asymmetry"] * upper,
        "iris": 0.074 * (0.5 + 0.5 * v["eye_size"]) * v["iris_size"],
        "gaze_x": 0.018 * v["gaze_x"],
        "gaze_y": 0.008 * v["gaze_y"] - 0.018 * v["AU15"],
    }


def _brows(v: Values) -> dict[str, Array]:
    """Brows: inner end, middle and outer end move on their own."""
    down = -0.085 * v["AU4"]
    inner = 0.140 * v["AU1"] + 1.35 * down - 0.03 * v["AU9"]
    outer = 0.125 * v["AU2"] + 0.25 * down - 0.055 * v["AU1"]
    middle = 0.06 * v["AU1"] + 0.085 * v["AU2"] + 0.45 * down
    base = v["eye_height"] + np.maximum(v["brow_height"], 0.115 + 0.9 * v["brow_thickness"])
    return {
        "brow_inner_y": base + inner - 0.5 * v["brow_tilt"] - 0.03,
        "brow_middle_y": base + middle + v["brow_arch"] - 0.01,
        "brow_outer_y": base + outer + 0.5 * v["brow_tilt"] - 0.015,
        "brow_x": v["eye_spacing"] * (0.6 + 0.4 * v["face_width"])
        + v["brow_gap"]
        - 0.025 * v["AU4"],
        "brow_uneven": 0.10 * v["asymmetry"] * (0.4 + v["AU1"] + v["AU2"] + v["AU4"]),
    }


def _nose(v: Values) -> dict[str, Array]:
    """Nose: AU9 and AU10 draw the wings up."""
    return {
        "nose_y": v["eye_height"] - v["nose_length"] * v["face_height"] + 0.035 * v["AU9"],
        "wing_x": 0.108 * v["nose_width"] * (1 + 0.14 * v["AU9"] + 0.08 * v["AU12"]),
        "wing_lift": 0.030 * v["AU9"] + 0.012 * v["AU10"] + v["wing_height"],
    }


def _mouth(v: Values, nose_y: Array) -> dict[str, Array]:
    """Mouth and chin below the nose: corners, gap between the lips and thickness of the lips."""
    wide = 1 + 0.28 * v["AU12"] + 0.30 * v["AU20"] - 0.26 * v["AU26"] - 0.20 * v["AU23"]
    lift = 0.135 * v["AU12"] - 0.140 * v["AU15"] - 0.080 * v["AU20"] - 0.01 * v["AU23"]
    part, rest = v["AU25"], nose_y - v["philtrum"] * v["face_height"]
    thin = (1 - 0.60 * v["AU23"]) * (1 - 0.25 * v["AU12"]) * (1 - 0.20 * v["AU20"])
    chin = rest - v["chin_length"] * v["face_height"]
    return {
        "mouth_rest": rest,
        "mouth_y": rest - 0.030 * v["AU12"] + 0.025 * v["AU17"] - 0.065 * v["AU26"],
        "mouth_half": v["mouth_width"] * (wide - 0.08 * v["AU17"]),
        "corner_lift": lift - 0.02 * v["AU10"] + v["mouth_corner"],
        "corner_uneven": 0.30 * v["asymmetry"] * (0.10 * v["AU12"] + 0.06 * v["AU15"] + 0.03),
        "gap_upper": 0.030 * part + 0.020 * part * v["AU12"] + 0.045 * v["AU10"] + 0.07 * v["AU26"],
        "gap_lower": 0.030 * part + 0.045 * part * v["AU12"] + 0.17 * v["AU26"] - 0.02 * v["AU17"],
        "lip_upper": v["lip_upper"] * thin * (1 - 0.1 * v["AU10"]),
        "lip_lower": v["lip_lower"] * thin * (1 + 0.30 * v["AU17"]),
        "chin_y": chin - 0.17 * v["AU26"] + 0.02 * v["AU17"],  # the lowest point
        "chin_drop": 0.17 * v["AU26"] - 0.02 * v["AU17"],
        "cheek_lift": 0.55 * v["AU6"] + 0.45 * v["AU12"] + 0.25 * v["AU9"],
    }
