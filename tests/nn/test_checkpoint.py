"""A killed training is resumed and ends with the same weights."""

import numpy as np
import pytest
import torch
from torch import nn

from bench.nn.checkpoint import Checkpoint
from bench.nn.training import seeded


class Killed(Exception):
    pass


def train(folder, n_steps, die_at=None):
    """A small training with dropout and a generator, kept every second step."""
    with seeded(np.random.default_rng(0), "cpu") as generator:
        net = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.BatchNorm1d(8), nn.Linear(8, 1))
        optimizer = torch.optim.Adam(net.parameters(), 0.01)
        checkpoint = Checkpoint(folder, generator, {"net": net, "optimizer": optimizer})
        facts = checkpoint.load() or {"losses": []}
        losses = list(facts["losses"])
        for step in range(len(losses), n_steps):
            if step == die_at:
                raise Killed
            x = torch.rand(16, 4, generator=generator)
            loss = (net(x) - x.sum(dim=1, keepdim=True)).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            if step % 2:
                checkpoint.save({"losses": losses})
    return losses, net.state_dict()


@pytest.mark.parametrize("die_at", [0, 1, 5, 6])
def test_a_resumed_training_ends_like_an_uninterrupted_one(tmp_path, die_at):
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    wanted, state = train(tmp_path / "whole", 9)
    with pytest.raises(Killed):
        train(tmp_path / "killed", 9, die_at)
    found, again = train(tmp_path / "killed", 9)
    assert found == wanted
    assert all(torch.equal(state[name], again[name]) for name in state)


def test_a_new_training_has_nothing_to_resume(tmp_path):
    checkpoint = Checkpoint(tmp_path, torch.Generator(), {"net": nn.Linear(1, 1)})
    assert checkpoint.load() is None


def test_a_kill_while_writing_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    checkpoint = Checkpoint(tmp_path, torch.Generator(), {"net": nn.Linear(1, 1)})
    checkpoint.save({"step": 1})

    def torn(state, path):
        path.write_bytes(b"half")
        raise Killed

    monkeypatch.setattr(torch, "save", torn)
    with pytest.raises(Killed):
        checkpoint.save({"step": 2})
    assert checkpoint.load() == {"step": 1}
