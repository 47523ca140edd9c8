"""What a defense makes while it is still learning, as a picture to look at."""

from collections.abc import Callable

import numpy as np

from bench.api import Dataset
from bench.faces import Images
from bench.registry import make
from bench.runner.stage import Stage
from bench.runner.store import Store


def training_sheet(stage: Stage, store: Store) -> Callable[[Images], None]:
    """Writes pictures, (rows, columns, 3, H, W), to the store's `figures/training-NAME-KEY.png`.

    It keeps the last ones; nothing, if the stage learns from real people, whom no sheet shows.
    """
    sources = stage.inputs.get("faces", ()) if stage.action == "fit" else ()
    if not sources or not all(make(Dataset, each.full_spec).shareable for each in sources):
        return lambda images: None

    def write(images: Images) -> None:
        from PIL.Image import fromarray  # here: few processes need it

        rows, columns, _, height, width = images.shape
        sheet = images.transpose(0, 3, 1, 4, 2).reshape(rows * height, columns * width, 3)
        path = store.root / "figures" / f"training-{stage.spec.name}-{stage.key[:12]}.png"
        path.parent.mkdir(exist_ok=True)
        draft = path.with_suffix(".draft")
        fromarray(np.ascontiguousarray(sheet)).save(draft, format="png")
        draft.replace(path)  # who looks finds the last sheet or this one, whole

    return write
