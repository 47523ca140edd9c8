import hashlib

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from bench.api import Attacker, Knowledge
from bench.faces import Sample, Target
from bench.nn.backbones import backbone
from bench.nn.state import restored
from bench.nn.vggface import VGGFace, vggface_state
from bench.nn.weights import backbone_of, checked, published, published_backbone, shapes_of
from bench.registry import make
from bench.runner.worker import Worker
from bench.spec import Spec


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path))
    return tmp_path


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_state_dict_comes_back(folder):
    torch.save({"a": torch.arange(6.0).view(2, 3).T}, folder / "some.pt")
    read = published("some", digest(folder / "some.pt"))
    np.testing.assert_array_equal(read["a"], np.arange(6.0).reshape(2, 3).T)


def test_a_web_page_is_refused(folder):
    (folder / "some.pt").write_bytes(b"\n<!DOCTYPE html><html>Not found</html>")
    with pytest.raises(ValueError, match="got a web page"):
        published("some", "")


def test_another_file_is_refused_with_its_digest(folder):
    torch.save({"a": torch.zeros(1)}, folder / "some.pt")
    with pytest.raises(ValueError, match=digest(folder / "some.pt")):
        published("some", "0" * 64)


def test_a_file_without_a_state_dict_is_refused(folder):
    (folder / "some.pt").write_bytes(b"PK of another kind")
    with pytest.raises(ValueError, match="is not a state dict"):
        published("some", digest(folder / "some.pt"))


def test_a_missing_file_is_named(monkeypatch):
    monkeypatch.delenv("BENCH_WEIGHTS", raising=False)
    with pytest.raises(FileNotFoundError, match="the folder that BENCH_WEIGHTS names"):
        published("some", "")


@pytest.mark.slow
def test_facenet_with_published_weights_embeds_as_published(folder):
    from facenet_pytorch import InceptionResnetV1

    torch.manual_seed(0)
    theirs = InceptionResnetV1(classify=True, num_classes=11).eval()  # as the released files are
    torch.save(theirs.state_dict(), folder / "some.pt")
    spec = "matcher:backbone=facenet,width=512,rounds=0,flip=false,weights=some,sha256="
    matcher = make(Attacker, Spec.parse(spec + digest(folder / "some.pt")))
    images = np.random.default_rng(0).integers(0, 256, (4, 3, 160, 160)).astype(np.uint8)
    part = Sample(images, {"person": np.array([0, 0, 1, 1])})
    knowledge = Knowledge(part, part, None, Target("identity"), frozenset())
    weights = matcher.fit(knowledge, Worker().training(np.random.default_rng(0)))
    made = matcher.embed(Sample(images), weights, Worker().protecting())
    theirs.classify = False
    with torch.inference_mode():
        wanted = theirs((torch.from_numpy(images).float() - 127.5) / 127.5).numpy()
    assert (made * wanted).sum(axis=1).min() > 0.99  # bf16 on both sides of a cosine


def test_facenet_heads_fit():
    assert (
        backbone("facenet", 512, 160).state_dict().keys()
        < backbone("facenet", 7, 160).state_dict().keys()
    )
    with pytest.raises(ValueError, match="expected width=512 for facenet"):
        make(Attacker, Spec.parse("matcher:backbone=facenet"))
    with pytest.raises(ValueError, match="expected backbone=facenet or vggface with weights"):
        make(Attacker, Spec.parse("matcher:weights=some"))


class GenderPredictor(nn.Module):
    """genderpred.py, written down a second time."""

    def __init__(self):
        super().__init__()
        layers, channels = [], 1
        for width, kernel in ((32, 5), (64, 3), (128, 3), (256, 3), (256, 3)):
            layers += [nn.Conv2d(channels, width, kernel, padding=kernel // 2), nn.LeakyReLU()]
            layers += [nn.MaxPool2d(2)]
            channels = width
        layers += [nn.Conv2d(256, 512, 3, padding=1), nn.LeakyReLU(), nn.Dropout2d(0.25)]
        self.features = nn.Sequential(*layers, nn.AvgPool2d(7))
        self.classifier = nn.Sequential(nn.Dropout(0.25), nn.Linear(512, 2))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def test_the_gender_network_of_the_san_authors_answers_as_published(folder):
    torch.manual_seed(0)
    theirs = GenderPredictor().eval()
    torch.save(theirs.state_dict(), folder / "some.pt")
    state = published_backbone("san-grey", "some", digest(folder / "some.pt"))
    assert sum(array.size for array in state.values()) == 2_159_618  # counted in their code
    assert backbone_of(theirs.state_dict()) == "san-grey"
    mine = restored(backbone("san-grey", 2, 224), state, "cpu")
    grey = torch.rand(1, 1, 224, 224)
    with torch.inference_mode():
        found = mine((2 * grey - 1).expand(-1, 3, -1, -1))
        torch.testing.assert_close(found, theirs(grey), atol=1e-4, rtol=1e-4)


CONVOLUTIONS = (  # of VGG-16, by the number of their layer in torchvision and in vggface.py
    (0, "conv1_1"), (2, "conv1_2"), (5, "conv2_1"), (7, "conv2_2"), (10, "conv3_1"),
    (12, "conv3_2"), (14, "conv3_3"), (17, "conv4_1"), (19, "conv4_2"), (21, "conv4_3"),
    (24, "conv5_1"), (26, "conv5_2"), (28, "conv5_3"), (31, "fc6"), (33, "fc7"), (35, "fc8"),
)  # fmt: skip


def dag_of(first):
    """A state dict laid out as vgg_face_dag.pth, whose arrays but the first take no memory."""
    widths = (64, 64, 128, 128, 256, 256, 256, *6 * (512,))
    shapes = [(n, m, 3, 3) for n, m in zip(widths, (3, *widths[:-1]), strict=True)]
    shapes += [(4096, 25088), (4096, 4096), (2622, 4096)]
    state = {}
    for (_, name), shape in zip(CONVOLUTIONS, shapes, strict=True):
        state[f"{name}.weight"] = np.broadcast_to(np.float32(0.01), shape)
        state[f"{name}.bias"] = np.zeros(shape[0], np.float32)
    return state | {"conv1_1.weight": first}


@pytest.fixture
def first():
    return np.random.default_rng(0).normal(0, 0.1, (64, 3, 3, 3)).astype(np.float32)


def test_vgg_face_has_the_published_layers(first):
    found = vggface_state(dag_of(first))
    with torch.device("meta"):
        shapes = shapes_of(VGGFace())
    assert {name: array.shape for name, array in found.items()} == shapes
    names = {
        f"features.{number}.{kind}" for number, _ in CONVOLUTIONS for kind in ("weight", "bias")
    }
    assert set(shapes) == names | {"correction"}
    n_parameters = sum(array.size for name, array in found.items() if name != "correction")
    assert n_parameters == 145_002_878  # VGG-16 with 2,622 outputs


def start_of(state, shown):
    """The first layer of VGG-Face, and the subtraction after it."""
    with torch.device("meta"):
        net = VGGFace()
    net.features = nn.Sequential(nn.Conv2d(3, 64, 3, padding=1))
    net.correction = torch.from_numpy(state["correction"])
    net.features[0].load_state_dict(
        {kind: torch.from_numpy(state[f"features.0.{kind}"]) for kind in ("weight", "bias")}
    )
    with torch.inference_mode():
        return net(shown).view(1, 64, 224, 224)


def test_vgg_face_subtracts_the_mean_picture(first):
    """Of red, green and blue, 0..255; at the edges too, where padding is not the mean."""
    shown = torch.rand(1, 3, 224, 224)
    mean = torch.tensor([129.186279, 104.762382, 93.593964]).view(3, 1, 1)
    wanted = functional.conv2d(255 * shown - mean, torch.from_numpy(first), padding=1)
    found = start_of(vggface_state(dag_of(first)), 2 * shown - 1)
    torch.testing.assert_close(found, wanted, atol=1e-2, rtol=1e-4)


def test_vgg_face_of_the_san_authors_sees_grey(first):
    """One channel, 0..1, minus their array; for colours, of the luma."""
    rng, shown = np.random.default_rng(1), torch.rand(1, 3, 224, 224)
    array = rng.normal(size=(1, 64, 224, 224)).astype(np.float32)
    state = {"features.0.weight": first[:, :1], "features.0.bias": first[:, 0, 0, 0]}
    with pytest.raises(ValueError, match="with its array `correction`, got none"):
        vggface_state(state)
    with pytest.raises(ValueError, match=r"expected correction of \(64, 224, 224\), got \(3,\)"):
        vggface_state(state | {"correction": np.zeros(3)})
    with pytest.raises(ValueError, match=r"expected features.0.weight of .*, got none"):
        vggface_state({"correction": array})
    luma = (shown * torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(1, keepdim=True)
    weight, bias = map(torch.from_numpy, state.values())
    wanted = functional.conv2d(luma, weight, bias, padding=1) - torch.from_numpy(array)
    found = start_of(vggface_state(state | {"correction": array}), 2 * shown - 1)
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)


def test_what_only_looks_like_a_published_network_is_refused():
    with pytest.raises(ValueError, match="not the SAN authors' gender network: it lacks"):
        backbone_of({"classifier.1.weight": np.zeros((2, 512))})
    assert backbone_of({"a": np.zeros(1)}) == ""


def test_arrays_that_are_not_numbers_are_refused():
    with pytest.raises(ValueError, match="not it: a has nan or infinity; use the file as publ"):
        checked({"a": np.array([np.nan])}, {"a": (1,)}, "it")
