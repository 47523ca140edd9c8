"""Pictures and prototypes as networks take them."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench.faces import Array, Images

EDGE = 0.5 / 255  # keeps the logit of black and white finite
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow and the authors' loader make grey


def scaled(images: Tensor, n_colours: int) -> Tensor:
    """Bytes, (N, 3, H, W), as floats 0..1: their luma, (N, 1, H, W), or all three colours."""
    if n_colours == 3:
        return images.float() / 255
    weights = torch.tensor(LUMA, device=images.device).view(1, 3, 1, 1)
    return (images.float() * weights).sum(dim=1, keepdim=True) / 255


def prototypes(images: Images, gender: Array) -> NDArray[np.float32]:
    """The average picture of women, of men, and of both weighed by their shares.

    Returns:
        float32, (3, 3, H, W), 0..1.

    Source: the authors' slides; P_NT = a_F P_F + a_M P_M.

    Raises:
        ValueError: unless both genders occur.
    """
    share = np.mean(gender == 1)
    if not 0 < share < 1 or set(np.unique(gender)) != {0, 1}:
        raise ValueError(f"prototypes want pictures of genders 0 and 1, got {np.unique(gender)}")
    women, men = (images[gender == one].mean(axis=0) / 255 for one in (0, 1))
    return np.stack([women, men, (1 - share) * women + share * men]).astype(np.float32)


def joined_with(kind: str, three: Tensor, gender: Tensor) -> tuple[Tensor, Tensor]:
    """The prototype of each picture's own gender, and the one that it is moved to.

    Args:
        kind: `SM`: its own; `NT`: the neutral one; `OP`: the other gender's.
        three: women's, men's and the neutral prototype, (3, 3, H, W).
        gender: (B,), 0 or 1.

    Source: the authors' slides: P_SM = y P_male + (1 - y) P_female, P_OP the reverse.
    """
    chosen = {"SM": gender, "NT": torch.full_like(gender, 2), "OP": 1 - gender}[kind]
    return three[gender], three[chosen]  # (B, 3, H, W) each


def strengthened(picture: Tensor, moved: Tensor, strength: float) -> Tensor:
    """The moved picture with the change of its logits multiplied; of 1 it is as it was.

    Args:
        picture: (B, C, H, W), 0..1.
        moved: likewise.
        strength: 0 gives the picture back, above 1 goes further.
    """
    if strength == 1:
        return moved
    start, end = (torch.logit(part, EDGE) for part in (picture, moved))
    return torch.sigmoid(start + strength * (end - start))
