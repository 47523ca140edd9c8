"""A release of y alone: what y holds, and what reaches `render`."""

from dataclasses import dataclass

import numpy as np
import pytest

from bench.api import Defense, Described
from bench.described import Children, y_of
from bench.faces import Faces, Release
from bench.registry import make
from bench.runner.rng import RowGenerators
from bench.runner.worker import Worker
from bench.spec import Spec


@dataclass(frozen=True)
class Given(Described):
    """Describes with given numbers, and keeps what `render` gets."""

    y: object
    seen: list
    name = "given"

    def describe(self, faces, weights, context):
        self.seen.append([rng.random() for rng in context.row_rngs])
        return self.y

    def render(self, y, weights, context):
        self.seen.append([rng.random() for rng in context.row_rngs])
        self.seen.append((y, y.base, context.shape))
        y[:] = 0
        return np.zeros((len(y), *context.shape), np.uint8)


def faces(n=2):
    return Faces(np.full((n, 3, 4, 6), 9, np.uint8), {}, np.arange(n))


def context(n=2):
    return Worker().protecting(RowGenerators(np.arange(n), 0, "given", 0))


def test_y_has_32_levels_and_is_kept_as_it_was_rendered():
    given = Given(np.array([[0, 0.01], [0.02, 1]], np.float32), [])
    release = given.protect(faces(), {}, context())
    assert (release.notes["y"] * 31).round(5).tolist() == [[0, 0], [1, 31]]
    assert release.notes["y"].dtype == np.float32
    _, base, shape = given.seen[-1]
    assert base is None
    assert shape == (3, 4, 6)


def test_what_describe_draws_render_does_not_draw():
    given = Given(np.zeros((2, 1), np.float32), [])
    given.protect(faces(), {}, context())
    given.protect(faces(), {}, context())
    described, rendered, _, again, rendered_again, _ = given.seen
    assert not set(described) & set(rendered)
    assert described == again
    assert rendered == rendered_again == [rng.random() for rng in context().row_rngs]
    assert [rng.random() for rng in Children(context().row_rngs)[1:]] == described[1:]


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        ([[0.0]], TypeError, "describe to return float32, got list"),
        (np.zeros(2, np.float32), ValueError, r"return \(2, D\), got \(2,\)"),
        (np.zeros((3, 1), np.float32), ValueError, r"got \(3, 1\)"),
        (np.array([[0], [1.01]], np.float32), ValueError, r"got 0\.\.1\.01; scale them"),
        (np.array([[0], [-0.01]], np.float32), ValueError, r"in 0\.\.1 of given"),
        (np.array([[0], [np.nan]], np.float32), ValueError, "got nan"),
    ],
)
def test_a_y_of_another_form_or_range_is_refused(y, error, message):
    with pytest.raises(error, match=message):
        y_of(Given(y, []), faces(), {}, context())


def test_protect_cannot_be_overridden():
    with pytest.raises(TypeError, match="expected Mine to leave `protect`"):

        class Mine(Given):
            def protect(self, faces, weights, context):
                return Release(faces.images)

    class Shows(Defense):
        def protect(self, faces, weights, context):
            return Release(faces.images)

    with pytest.raises(TypeError, match="expected Both to leave `protect`"):

        class Both(Shows, Described):
            pass


def test_a_card_shows_any_of_1024_classes(monkeypatch):
    card, label = make(Defense, Spec("card")), np.arange(1024)
    images = np.zeros((1024, 3, 1, 1024), np.uint8)
    monkeypatch.setattr(type(card), "_scores", lambda *_: np.eye(1024, dtype=np.float32))
    all_faces = Faces(images, {}, label)
    release = card.protect(all_faces, {"n_classes": np.array([1024])}, context(1024))
    assert release.images[:, 0, 0].argmax(axis=1).tolist() == label.tolist()
    assert release.notes["scores"].shape == (1024, 1024)


def test_the_constant_describes_nothing():
    release = make(Defense, Spec("constant")).protect(faces(3), {}, context(3))
    assert release.notes["y"].shape == (3, 0)
    assert (release.images == 128).all()
    assert release.images.shape == (3, 3, 4, 6)
