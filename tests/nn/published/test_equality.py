"""Each network gives what the runtime of its publisher gives, on 20 pictures of a fixed recipe.

`python tests/nn/published/test_equality.py` writes the outputs of the runtimes anew; the published
files must lie beside the converted ones, in the folder that BENCH_JUDGES names.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.nn.published import networks
from bench.nn.published.catalogue import JUDGES, folder, installed, missing

REFERENCES = Path(__file__).parent / "references.npz"
N, YUNET_PX = 20, 64


def smooth_pictures(side_px):
    """Random fields, uint8, (20, 3, side, side): coarse grids, refined in integers."""
    fields = np.random.default_rng(18).integers(0, 256, (N, 3, 5, 5))
    while fields.shape[-1] < side_px:
        for axis in (2, 3):
            before, after = (np.delete(fields, end, axis) for end in (-1, 0))
            both = np.stack([before, (before + after) // 2], axis + 1)
            shape = [n * (1 + (i == axis)) for i, n in enumerate(before.shape)]
            last = np.take(fields, [-1], axis)
            fields = np.concatenate([both.reshape(shape), last], axis)
    return fields[:, :, :side_px, :side_px].astype(np.uint8)


def pictures_for(judge):
    return smooth_pictures(YUNET_PX if judge.name == "yunet" else judge.input_px)


def torch_outputs(judge):
    net = networks.network(judge.name)
    state = networks.state(judge.name)
    net.load_state_dict({key: torch.from_numpy(array) for key, array in state.items()})
    with torch.inference_mode():
        return net.eval()(torch.from_numpy(pictures_for(judge)).float() / 127.5 - 1).numpy()


def onnx_outputs(judge, path):
    """By ONNX Runtime: one picture at a time; its weights must not be inputs of the graph."""
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    model = onnx.load(path)
    graph = model.graph
    del graph.input[1:]  # weights
    single = {entry.name for entry in graph.initializer if list(entry.dims) == [1]}
    for node in graph.node:  # one scale for all: the runtime wants no blocks then
        if node.op_type == "DequantizeLinear" and node.input[1] in single:
            del node.attribute[:]
    x = pictures_for(judge).astype(np.float32)
    for axis in (2, 3):
        graph.input[0].type.tensor_type.shape.dim[axis].dim_value = x.shape[axis]
    if judge.classes:  # logits rather than probabilities
        del graph.output[:]
        graph.output.append(onnx.helper.make_tensor_value_info("logits", 1, None))
        x = (x - np.array([122.781998, 117.000999, 104.297997], np.float32)[:, None, None]) / 256
    if judge.name == "yunet":
        for output in graph.output:
            output.type.tensor_type.shape.dim[1].dim_param = "anchors"
        x = x[:, ::-1]
    session = runtime.InferenceSession(model.SerializeToString())
    name = session.get_inputs()[0].name
    found = [session.run(None, {name: np.ascontiguousarray(one[None])}) for one in x]
    if judge.name != "yunet":
        return np.concatenate([one[0] for one in found])
    kinds = [
        np.concatenate([np.concatenate(one[k : k + 3], 1) for one in found]) for k in (0, 3, 6, 9)
    ]
    return np.concatenate(kinds, axis=2)


def dlib_outputs(judge, path):
    net = pytest.importorskip("dlib").face_recognition_model_v1(str(path))
    chips = np.ascontiguousarray(pictures_for(judge).transpose(0, 2, 3, 1))  # (20, 150, 150, 3)
    return np.array([net.compute_face_descriptor(chip) for chip in chips], np.float32)


def keras_outputs(judge, path):
    """By TensorFlow: probabilities of the file's classes, in this suite's order."""
    tensorflow = pytest.importorskip("tensorflow")
    net = tensorflow.keras.models.load_model(path, compile=False)
    red, green, blue = pictures_for(judge).astype(np.float32).transpose(1, 0, 2, 3)
    grey = 0.299 * red + 0.587 * green + 0.114 * blue  # (20, 64, 64)
    found = np.asarray(net(grey[..., None] / 255 * 2 - 1))
    return found[:, [0, 1, 2, 3, 6, 4, 5]]


def runtime_outputs(judge):
    path = folder() / judge.file_name
    if not path.is_file():
        pytest.skip(f"the published {judge.file_name} does not lie beside the converted file")
    by_suffix = {".onnx": onnx_outputs, ".dat": dlib_outputs, ".hdf5": keras_outputs}
    return by_suffix[path.suffix](judge, path)


def as_published(judge, outputs):
    """Outputs of the network in the form in which the runtime gives them."""
    if judge.name == "fer":
        return torch.from_numpy(outputs).softmax(dim=1).numpy()
    if judge.name == "yunet":
        scores = torch.from_numpy(outputs[..., :2]).sigmoid().numpy()
        return np.concatenate([scores, outputs[..., 2:]], axis=2)
    return outputs


@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES)
def test_the_network_gives_what_its_publishers_runtime_gave(judge):
    if not installed(judge.name):
        pytest.skip(missing(judge.name))
    expected = np.load(REFERENCES)[judge.name]
    np.testing.assert_allclose(
        as_published(judge, torch_outputs(judge)), expected, rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES)
def test_the_committed_outputs_are_those_of_the_runtime(judge):
    expected = np.load(REFERENCES)[judge.name]
    np.testing.assert_allclose(runtime_outputs(judge), expected, rtol=1e-4, atol=1e-4)


if __name__ == "__main__":
    outputs = {name: runtime_outputs(judge) for name, judge in JUDGES.items()}
    np.savez_compressed(REFERENCES, **outputs)
    print(json.dumps({name: list(array.shape) for name, array in outputs.items()}))
