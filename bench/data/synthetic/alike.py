"""People drawn alike in some respect, to see how much of telling them apart hangs on it."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from bench.faces import Images

Parameters = Mapping[str, npt.NDArray[np.float32]]

_HAIR: dict[str, tuple[float, ...]] = {  # short and brown
    "hair_length": (0.1,),
    "hair_volume": (0.1,),
    "hairline": (0.85,),
    "fringe": (0.0,),
    "parting": (0.0,),
    "curl": (0.0,),
    "bun": (0.0,),
    "hair_colour": (0.2, 0.14, 0.1),
}
_EXTRAS = _HAIR | {"glasses": (0.0,), "beard": (0.0,)}
_ALIKE: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "": {},
    "hair": _HAIR,
    "extras": _EXTRAS,
    "colour": {},
}
RESPECTS = tuple(_ALIKE)
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def alike(parameters: Parameters, respect: str) -> dict[str, npt.NDArray[np.float32]]:
    """The parameters with those of a respect the same in every picture.

    Args:
        parameters: name to (N,) or (N, k).
        respect: one of RESPECTS; labels stay what they were.
    """
    fixed = {
        name: np.tile(np.array(value, np.float32), (len(parameters[name]), 1)).reshape(
            parameters[name].shape
        )
        for name, value in _ALIKE[respect].items()
    }
    return {**parameters, **fixed}


def grey(images: Images) -> Images:
    """The pictures without colour, uint8, (N, 3, H, W)."""
    luma = np.tensordot(_LUMA, images, axes=(0, 1)).round().astype(np.uint8)  # (N, H, W)
    return np.repeat(luma[:, None], 3, axis=1)
