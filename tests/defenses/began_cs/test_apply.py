"""The operation, with judges that can be followed by hand."""

import numpy as np

from bench.api import Defense
from bench.faces import Release
from bench.operation import Judge, Operation, Tools
from bench.registry import make
from bench.runner.rng import RowGenerators
from bench.runner.worker import Worker
from bench.spec import Spec


def brightness(images):
    """Probabilities of dark and bright, by the first pixel."""
    bright = images[:, 0, 0, 0].astype(np.float32) / 255
    return np.stack([1 - bright, bright], axis=1)


def test_every_picture_gets_its_surrogate(monkeypatch):
    defense = make(Defense, Spec("began_cs"))

    def inverted(self, faces, weights, context):
        return Release(255 - faces.images)

    monkeypatch.setattr(type(defense), "protect", inverted)
    pictures = {f"p{i}": np.full((3, 8, 8), level, np.uint8) for i, level in enumerate((10, 250))}
    judges = {"expression": Judge("eye", ("dark", "bright"), 1.0, brightness)}
    context = Worker().protecting(RowGenerators(np.arange(2), 0, "began_cs", 0))
    made = make(Operation, Spec("surrogate")).apply(pictures, Tools(defense, {}, context, judges))
    assert [(name, int(image[0, 0, 0])) for name, image in made.pictures.items()] == [
        ("p0", 245),
        ("p1", 5),
    ]
    assert [*made.sheet] == ["input", "surrogate"]
    assert made.measures["expression kept"].value == 0
    assert "no judge of identity" in made.measures["identity kept"]
