import pytest
import torch

from bench.data.synthetic.solids import View, turn_solids

SIZE = 101


def view_of(rotation: torch.Tensor) -> View:
    places = torch.linspace(-1.0, 1.0, SIZE)
    pixel = torch.full((1, 1, 1), 2.0 / (SIZE - 1))
    return View(places.view(1, 1, -1), -places.view(1, -1, 1), pixel, rotation)


def seen(rotation: torch.Tensor, centre: list[float], radii: list[float]):
    view = view_of(rotation)
    (solid,) = turn_solids(view, torch.tensor([[centre]]), torch.tensor([[radii]]))
    return view, solid


def quarter_turn() -> torch.Tensor:
    """To the right: what looked at the viewer then looks along x."""
    return torch.tensor([[[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]])


def test_a_ball_is_as_deep_as_its_radius():
    _, ball = seen(torch.eye(3)[None], [0.0, 0.0, 0.2], [0.5, 0.5, 0.5])
    assert ball.depth[0, 50, 50].item() == pytest.approx(0.7, abs=1e-5)
    assert ball.depth[0, 50, 65].item() == pytest.approx(0.2 + 0.4, abs=0.01)  # 3-4-5 triangle


def test_the_outline_is_where_the_ball_ends():
    _, ball = seen(torch.eye(3)[None], [0.0, 0.0, 0.0], [0.5, 0.5, 0.5])
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
    x, y, z = view.to_head(solid.depth)
    # the viewer now sees the side that was to the left
    assert (x[0, 50, 50].item(), y[0, 50, 50].item()) == pytest.approx((-0.5, 0.0), abs=1e-5)
    back = view.to_camera((x[0, 40, 60], y[0, 40, 60], z[0, 40, 60]))
    assert back[0].item() == pytest.approx(view.x[0, 0, 60].item(), abs=1e-5)
    assert back[1].item() == pytest.approx(view.y[0, 40, 0].item(), abs=1e-5)


def test_a_thin_solid_stays_within_its_outline():
    half_turn = torch.tensor([[[0.8, 0.0, 0.6], [0.0, 1.0, 0.0], [-0.6, 0.0, 0.8]]])
    _, sheet = seen(half_turn, [0.5, 0.0, 0.0], [0.01, 0.2, 0.2])
    deepest = sheet.depth[0].flatten().argmax()
    assert sheet.inside[0].flatten()[deepest] > -0.02
