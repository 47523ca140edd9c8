"""Networks that others have published are shown to the defenses that take such."""

import hashlib

import pytest
import torch
from typer.testing import CliRunner

from bench.cli import app
from bench.nn.backbones import DeepConvNet
from defenses.san.nets import Autoencoder


@pytest.fixture
def imported(tmp_path):
    """What `bench weights import` says of a state dict."""

    def told(state, name="theirs.pkl"):
        path = tmp_path / name
        torch.save(state, path)
        done = CliRunner().invoke(app, ["weights", "import", str(path)])
        return done, hashlib.sha256(path.read_bytes()).hexdigest()

    return told


def test_the_authors_autoencoder_is_taken_by_san(imported):
    done, digest = imported(Autoencoder().state_dict())
    assert done.exit_code == 0
    assert f'defenses = ["san:autoencoder=theirs,sha256={digest},size=224"]' in done.stdout
    assert done.stdout.count("defenses =") == 1  # not its ensembles: they want several
    assert "put it as theirs.pt into the folder that BENCH_WEIGHTS names" in done.stdout


def test_a_network_that_nobody_takes_is_told_with_what_was_wanted(imported):
    state = Autoencoder().state_dict()
    del state["autoencoder.3.bias"]
    done, _ = imported(state)
    assert done.exit_code == 2
    assert "no plugin takes the network in" in done.stderr
    assert "eigenface" not in done.stderr  # takes none at all
    assert "lacks ['autoencoder.3.bias']" in " ".join(done.stderr.split())


def test_the_authors_gender_network_is_taken_by_san(imported):
    net = DeepConvNet(2, 1).state_dict()
    names = [f"features.{key}" for key in net if not key.startswith("21")]
    names += ["classifier.1.weight", "classifier.1.bias"]
    done, digest = imported(dict(zip(names, net.values(), strict=True)))
    fields = f"classifier=san-grey,classifier_weights=theirs,classifier_sha256={digest}"
    assert f'defenses = ["san:{fields}"]' in done.stdout


def test_vgg_face_is_taken_by_san_and_by_the_matcher(imported, monkeypatch):
    monkeypatch.setattr("bench.nn.weights.backbone_of", lambda state: "vggface")  # it has 580 MB
    done, digest = imported({"fc8.weight": torch.zeros(1)})
    fields = f"matcher=vggface,matcher_weights=theirs,matcher_sha256={digest}"
    assert f'defenses = ["san:{fields}"]' in done.stdout
    fields = f"backbone=vggface,width=2622,weights=theirs,sha256={digest}"
    assert f'attackers = ["matcher:{fields}"]' in done.stdout
