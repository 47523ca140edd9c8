import numpy as np
import pytest

from bench.data.synthetic.solids import Seen, View, at_points, look, turned

SIZE = 101


def view_of(rotation: np.ndarray) -> View:
    places = np.linspace(-1.0, 1.0, SIZE, dtype=np.float32)
    x, y = np.meshgrid(places, -places)
    pixel = np.full(1, 2.0 / (SIZE - 1), np.float32)
    return View(x[None], y[None], pixel, rotation[..., None].astype(np.float32))


def seen(rotation: np.ndarray, centre: list[float], radii: list[float]) -> tuple[View, Seen]:
    view = view_of(rotation)
    centres, axes = (np.array(point, np.float32)[:, None, None] for point in (centre, radii))
    (form,) = turned(view.rotation, centres, axes)
    return view, look(view, form)


def quarter_turn() -> np.ndarray:
    """To the right: what looked at the viewer then looks along x."""
    return np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])


def test_a_ball_is_as_deep_as_its_radius():
    _, ball = seen(np.eye(3), [0.0, 0.0, 0.2], [0.5, 0.5, 0.5])
    assert ball.depth[0, 50, 50].item() == pytest.approx(0.7, abs=1e-5)
    assert ball.depth[0, 50, 65].item() == pytest.approx(0.2 + 0.4, abs=0.01)  # 3-4-5 triangle


def test_the_outline_is_where_the_ball_ends():
    _, ball = seen(np.eye(3), [0.0, 0.0, 0.0], [0.5, 0.5, 0.5])
    assert ball.inside[0, 50, 74] > 0 > ball.inside[0, 50, 76]
    assert ball.inside[0, 50, 70].item() == pytest.approx(0.1, abs=0.02)


def test_a_quarter_turn_swaps_width_and_depth():
    _, solid = seen(quarter_turn(), [0.0, 0.0, 0.0], [0.3, 0.5, 0.8])
    assert solid.inside[0, 50, 88] > 0 > solid.inside[0, 50, 92]  # 0.8 wide
    assert solid.depth[0, 50, 50].item() == pytest.approx(0.3, abs=1e-5)


def test_what_stands_out_to_the_front_goes_right_with_a_turn_to_the_right():
    _, nose = seen(quarter_turn(), [0.0, 0.0, 0.6], [0.1, 0.1, 0.1])
    row, column = divmod(int(nose.inside[0].argmax()), SIZE)
    assert (row, column) == (50, 80)


def test_head_coordinates_undo_the_turn():
    view, solid = seen(quarter_turn(), [0.0, 0.0, 0.0], [0.5, 0.5, 0.5])
    points = view.points(solid.inside > 0)
    point = np.array(view.to_head(points, at_points(solid.depth, points)))  # (3, M)
    middle, other = (
        np.flatnonzero(points.places == row * SIZE + column) for row, column in ((50, 50), (40, 60))
    )
    # the viewer now sees the side that was to the left
    assert point[:2, middle].ravel().tolist() == pytest.approx([-0.5, 0.0], abs=1e-5)
    back = view.to_camera(point[:, other])
    assert back[0].item() == pytest.approx(view.x[0, 40, 60].item(), abs=1e-5)
    assert back[1].item() == pytest.approx(view.y[0, 40, 60].item(), abs=1e-5)


def test_a_thin_solid_stays_within_its_outline():
    half_turn = np.array([[0.8, 0.0, 0.6], [0.0, 1.0, 0.0], [-0.6, 0.0, 0.8]])
    _, sheet = seen(half_turn, [0.5, 0.0, 0.0], [0.01, 0.2, 0.2])
    deepest = sheet.depth[0].argmax()
    assert sheet.inside[0].flatten()[deepest] > -0.02
