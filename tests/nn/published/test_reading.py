import sys

import numpy as np
import pytest
import torch
from torch import nn

from bench.nn.published.catalogue import JUDGES
from bench.nn.published.reading import converted, dequantised, dlib_arrays, folded, onnx_arrays


def test_blocks_are_dequantised_by_hand():
    x = np.array([[1, 2, 3], [4, 5, 6]], np.int8)  # blocks of two columns, the last one shorter
    scale = np.array([[1, 10], [0.5, 2]], np.float32)
    zero = np.array([[1, 0], [-2, 6]], np.int8)
    expected = [[0, 1, 30], [3, 3.5, 0]]
    np.testing.assert_array_equal(dequantised(x, scale, zero, axis=1, block_size=2), expected)


def test_zero_less_int8_does_not_overflow():
    x, zero = np.array([100], np.int8), np.array([-100], np.int8)
    assert dequantised(x, np.ones(1, np.float32), zero, axis=0, block_size=64) == [200]


def test_a_folded_affine_layer_gives_what_both_layers_gave():
    torch.manual_seed(0)
    convolution, x = nn.Conv2d(3, 4, 3), torch.rand(2, 3, 5, 5)
    scale, offset = torch.rand(2, 4).numpy()
    weight, bias = (p.detach().numpy() for p in convolution.parameters())
    new = folded(weight, bias, scale=scale, offset=offset)
    found = torch.nn.functional.conv2d(x, *map(torch.from_numpy, new))
    expected = torch.from_numpy(scale)[:, None, None] * convolution(x)
    torch.testing.assert_close(found, expected + torch.from_numpy(offset)[:, None, None])


def test_layers_of_dlib_are_read_in_their_order():
    def tensor(values):
        return bytes([1, 2, 1, len(values), 1, 1, 1, 1, 1, 1]) + np.array(values, "<f4").tobytes()

    matrix = b"\x01\x02" + bytes([1, 3, 1, 2, 1, 1, 1, 1])  # 3 inputs, 2 outputs
    content = b"\x01\x05con_4" + tensor([1, 2, 3, 4, 10, 20])  # two filters of two values; biases
    content += b"noise\x01\x07affine_" + tensor([2, 3, 5, 7])  # scales; offsets
    content += b"\x01\x04fc_2\x01\x02\x01\x03" + matrix + np.arange(6, dtype="<f4").tobytes()
    weight, bias, last = dlib_arrays(content)
    np.testing.assert_array_equal(weight, [[2, 4], [9, 12]])
    np.testing.assert_array_equal(bias, [2 * 10 + 5, 3 * 20 + 7])
    np.testing.assert_array_equal(last, [[0, 2, 4], [1, 3, 5]])


def test_layers_of_onnx_are_read_with_their_affine_layers():
    onnx = pytest.importorskip("onnx")
    arrays = {
        "w": np.ones((2, 1, 1, 1)),
        "b": np.zeros(2),
        "scale": np.array([2, 3]).reshape(1, 2, 1, 1),
        "offset": np.array([5, 7]).reshape(1, 2, 1, 1),
        "half": np.array([0.5]),
        "matrix": np.array([[1, 2, 3], [4, 5, 6]]),
        "c": np.zeros(3),
    }
    node = onnx.helper.make_node
    nodes = [
        node("Conv", ["x", "w", "b"], ["1"]),
        node("Mul", ["1", "scale"], ["2"]),
        node("Add", ["2", "offset"], ["3"]),
        node("Mul", ["3", "half"], ["4"]),  # a scalar belongs to the network, not to a layer
        node("Gemm", ["4", "matrix", "c"], ["y"], transB=0),
    ]
    weights = [onnx.numpy_helper.from_array(a.astype(np.float32), k) for k, a in arrays.items()]
    graph = onnx.helper.make_graph(nodes, "small", [], [], weights)
    found = list(onnx_arrays(onnx.helper.make_model(graph).SerializeToString()))
    assert [array.ravel().tolist() for array in found[:2]] == [[2, 3], [5, 7]]
    np.testing.assert_array_equal(found[2], arrays["matrix"].T)


def test_a_file_of_other_layers_is_refused():
    with pytest.raises(ValueError, match=r"expected 2 arrays in dlib_face.*\.dat, got 0"):
        converted(JUDGES["dlib-resnet"], b"nothing", nn.Linear(2, 2))


def test_without_the_extra_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(
        ImportError, match=r'needs onnx; run `pip install "unmask-bench\[judges\]"`'
    ):
        list(onnx_arrays(b""))
