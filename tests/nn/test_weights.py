import hashlib

import numpy as np
import pytest
import torch

from bench.api import Attacker, Knowledge
from bench.faces import Sample, Target
from bench.nn.backbones import backbone
from bench.nn.weights import published
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
    with pytest.raises(ValueError, match="expected backbone=facenet with weights"):
        make(Attacker, Spec.parse("matcher:weights=some"))
