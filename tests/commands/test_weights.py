"""Networks that others have published are shown to the defenses that take such."""

import hashlib

import pytest
import torch
from typer.testing import CliRunner

from bench.cli import app
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
    assert f'defenses = ["san:autoencoder=theirs,sha256={digest}"]' in done.stdout
    assert done.stdout.count("defenses =") == 1  # not its ensembles: they want several
    assert "put it as theirs.pt into the folder that BENCH_WEIGHTS names" in done.stdout


def test_a_network_that_nobody_takes_is_told_with_what_was_wanted(imported):
    state = Autoencoder().state_dict()
    del state["autoencoder.3.bias"]
    done, _ = imported(state)
    assert done.exit_code == 2
    assert "no defense takes the network in" in done.stderr
    assert "eigenface" not in done.stderr  # takes none at all
    assert "lacks ['autoencoder.3.bias']" in " ".join(done.stderr.split())
