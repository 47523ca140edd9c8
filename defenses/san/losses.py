"""The terms of semi-adversarial training, each the mean over a batch."""

import torch
from torch import Tensor
from torch.nn import functional


def pixel_term(kind: str, shown: Tensor, picture: Tensor) -> Tensor:
    """J_D: how unlike the picture its release is, mean over pixels.

    Args:
        kind: `squared` (slides), `entropy` (report of the Keras version), `absolute` (released
            code).
        shown: the release, (B, 1, H, W), 0..1.
        picture: likewise.
    """
    if kind == "squared":
        return functional.mse_loss(shown, picture)
    if kind == "absolute":
        return functional.l1_loss(shown, picture)
    return functional.binary_cross_entropy(shown, picture)


def gender_term(own: Tensor, other: Tensor, gender: Tensor, aim: str) -> Tensor:
    """J_G = S(y, f(SM)) + S(1 - y, f(OP)), S the cross-entropy, in nats.

    Args:
        own: the classifier's logits for SM, (B, 2).
        other: for OP.
        gender: y, (B,).
        aim: what OP should be taken for: `flip` the other gender, `even` for either alike.
    """
    kept = functional.cross_entropy(own, gender)
    if aim == "flip":
        return kept + functional.cross_entropy(other, 1 - gender)
    return kept - functional.log_softmax(other, dim=1).mean()


def matching_term(matched: str, own: Tensor, other: Tensor, original: Tensor) -> Tensor:
    """J_M: squared distance to the picture's embedding, summed over D.

    Args:
        matched: of `SM` (paper), of the `mean` of SM's and OP's (released code), or of `OP`.
        own: embeddings of SM, (B, D).
        other: of OP.
        original: of the picture.
    """
    near = {"SM": own, "mean": (own + other) / 2, "OP": other}[matched]
    return torch.sum((near - original) ** 2, dim=1).mean()
