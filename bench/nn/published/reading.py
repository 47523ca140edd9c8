"""Arrays of the published files, in the order of their layers; needs the extra `judges`.

A network's state takes them in that order: each file lists its layers as torch's modules do.
"""

import io
import json
import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.api import Weights
from bench.nn.published.catalogue import Judge

if TYPE_CHECKING:
    from torch import nn

Array = NDArray[np.float32]
_EXTRA = 'pip install "unmask-bench[judges]"'
_FER = ("anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral")  # as in the file


def converted(judge: Judge, content: bytes, net: "nn.Module") -> Weights:
    """The state of the network in the published file.

    Raises:
        ImportError: without the extra.
        ValueError: if arrays do not fit the network.
    """
    readers = {".onnx": onnx_arrays, ".dat": dlib_arrays, ".hdf5": keras_arrays}
    arrays = list(readers[f".{judge.file_name.rpartition('.')[2]}"](content))
    if judge.name == "fer":  # in the order of this suite
        order = [_FER.index(name) for name in judge.classes]
        arrays[-2:] = [array[order] for array in arrays[-2:]]
    state = net.state_dict()
    names = [name for name in state if not name.endswith("num_batches_tracked")]
    if len(arrays) != len(names):
        raise ValueError(f"expected {len(names)} arrays in {judge.file_name}, got {len(arrays)}")
    counts = {name: np.zeros((), np.int64) for name in state if name not in names}
    weights = zip(names, arrays, strict=True)
    return {name: _fit(a, tuple(state[name].shape), name) for name, a in weights} | counts


def onnx_arrays(content: bytes) -> Iterator[Array]:
    """Of an ONNX file; block-quantised arrays are dequantised, affine layers folded."""
    onnx = _module("onnx")
    graph = onnx.load_from_string(content).graph
    known = {entry.name: onnx.numpy_helper.to_array(entry) for entry in graph.initializer}
    layer: list[Array] = []  # the last one; an affine layer may follow
    for node in graph.node:
        given = [known[name] for name in node.input if name in known]
        options = {entry.name: onnx.helper.get_attribute_value(entry) for entry in node.attribute}
        affine = bool(given) and given[0].ndim == 4  # not a scalar
        if node.op_type == "DequantizeLinear":
            known[node.output[0]] = dequantised(
                *given, axis=options["axis"], block_size=options["block_size"]
            )
        elif node.op_type == "Reshape" and len(given) == 2:
            known[node.output[0]] = given[0].reshape(given[1])
        elif node.op_type == "Mul" and affine:
            layer = folded(*layer, scale=given[0].ravel(), offset=np.float32(0))
        elif node.op_type == "Add" and affine:
            layer = folded(*layer, scale=np.ones(1, np.float32), offset=given[0].ravel())
        elif node.op_type in ("Conv", "Gemm", "BatchNormalization", "PRelu"):
            yield from layer
            turned = node.op_type == "Gemm" and not options["transB"]
            layer = [given[0].T, *given[1:]] if turned else given
    yield from layer


def dequantised(
    x: NDArray[np.int8], scale: Array, zero: NDArray[np.int8], *, axis: int, block_size: int
) -> Array:
    """(x - zero) * scale, where scale and zero hold for blocks along an axis.

    Source: ONNX, DequantizeLinear, opset 21.
    """
    picked = np.arange(x.shape[axis]) // block_size
    blocks = [np.take(a.astype(np.float32), picked, axis) for a in (zero, scale)]
    values: Array = (x.astype(np.float32) - blocks[0]) * blocks[1]
    return values


def dlib_arrays(content: bytes) -> Iterator[Array]:
    """Of a file of dlib: convolutions with the affine layers behind them, and the last matrix.

    Source: serialize() of con_, affine_ and fc_ in dlib/dnn/layers.h, of tensor in
        dlib/cuda/tensor.h.
    """
    tag = re.compile(rb"\x01\x05con_4|\x01\x07affine_|\x01\x04fc_2")
    convolution = np.empty(0, np.float32)
    for found in tag.finditer(content):
        if found.group().endswith(b"con_4"):
            convolution = _dlib_tensor(content, found.end())
        elif found.group().endswith(b"affine_"):
            scale, offset = _dlib_tensor(content, found.end()).reshape(2, -1)
            weight, bias = np.split(convolution, [-len(offset)])
            yield from folded(weight.reshape(len(bias), -1), bias, scale=scale, offset=offset)
        else:  # numbers of outputs and inputs come before its tensor
            n_outputs, after = _dlib_integer(content, found.end())
            _, after = _dlib_integer(content, after)
            yield _dlib_tensor(content, after).reshape(-1, n_outputs).T


def folded(
    weight: Array, bias: Array, *, scale: Array, offset: "Array | np.float32"
) -> list[Array]:
    """Weight and bias of a convolution, (C, ...) and (C,), with the affine layer behind it."""
    return [weight * scale.reshape(-1, *[1] * (weight.ndim - 1)), bias * scale + offset]


def keras_arrays(content: bytes) -> Iterator[Array]:
    """Of an HDF5 file of Keras, with kernels as torch has them: (out, in, height, width)."""
    with _module("h5py").File(io.BytesIO(content)) as opened:
        layers = json.loads(opened.attrs["model_config"])["config"]["layers"]
        for layer in layers:
            group = opened["model_weights"][layer["name"]]
            for name in group.attrs["weight_names"]:
                array = np.asarray(group[name], np.float32)
                if array.ndim == 4:
                    depthwise = "depthwise" in str(name)  # (height, width, channels, 1)
                    array = (
                        array.transpose(2, 3, 0, 1) if depthwise else array.transpose(3, 2, 0, 1)
                    )
                yield array


def _dlib_integer(content: bytes, at: int) -> tuple[int, int]:
    """A number, which its length precedes, and where it ends."""
    end = at + 1 + content[at]
    return int.from_bytes(content[at + 1 : end], "little"), end


def _dlib_tensor(content: bytes, at: int) -> Array:
    """All values of a tensor, which its version and four dimensions precede."""
    _, at = _dlib_integer(content, at)
    size = 1
    for _ in range(4):
        n, at = _dlib_integer(content, at)
        size *= n
    return np.frombuffer(content, "<f4", size, at)


def _fit(array: Array, shape: Sequence[int], name: str) -> Array:
    if array.size != np.prod(shape):
        raise ValueError(f"expected {name} of shape {tuple(shape)}, got {array.shape}")
    return np.ascontiguousarray(array.reshape(shape), np.float32)


def _module(name: str) -> ModuleType:
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(f"reading published networks needs {name}; run `{_EXTRA}`") from error
