"""Pasting a part of one picture into another, without a seam."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import laplacian
from scipy.sparse.linalg import splu
from sklearn.feature_extraction.image import grid_to_graph

from bench.faces import Images


def blended(part: Images, images: Images, hidden: NDArray[np.bool_]) -> Images:
    """The pictures, with what is hidden taken from `part` and brought into their light.

    What `part` lacks at the rim of the hole is spread over the hole as heat would be.

    Args:
        part: uint8, (N, C, H, W).
        images: likewise.
        hidden: (H, W); some pixels, not all.

    Source: Perez, Gangnet, Blake, Poisson Image Editing, SIGGRAPH 2003, equation 5.
    """
    lacks = (images.astype(float) - part).reshape(-1, hidden.size).T  # (H W, N C)
    inside = hidden.ravel()
    flow = laplacian(grid_to_graph(*hidden.shape)).tocsr()
    rim = flow[inside][:, ~inside] @ lacks[~inside]
    spread = splu(flow[inside][:, inside].tocsc()).solve(-rim)  # (pixels, N C)
    filled = images.copy()
    change = spread.T.reshape(*images.shape[:2], -1)
    filled[:, :, hidden] = (part[:, :, hidden] + change).round().clip(0, 255)
    return filled
