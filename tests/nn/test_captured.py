"""No GPU is here: a fake one records a step and repeats it. tests/test_gpu.py asks a real one."""

from contextlib import contextmanager, nullcontext

import pytest
import torch
from torch import nn

from bench.nn.captured import WARM_UP, Captured, _move_rates, capturable, captured, set_rate
from bench.nn.training import optimize


class Stream:
    def __init__(self, device=None):
        self.waits = 0

    def wait_stream(self, other):
        self.waits += 1


class Graph:
    """Repeats the step that was recorded, on the tensors that it was recorded with."""

    n_captures = 0

    def replay(self):
        self.made.copy_(self.step(*self.inputs))


@pytest.fixture
def calls(monkeypatch):
    """The inputs of each call of a step that doubles them, on a fake GPU."""
    seen = []

    @contextmanager
    def graph(recorded, stream):
        Graph.n_captures += 1
        yield
        step = step_of[0]
        recorded.step, recorded.inputs, recorded.made = lambda x: 2 * x, step._inputs, step._made
        seen.pop()  # a capture computes nothing

    Graph.n_captures, step_of = 0, []
    monkeypatch.setattr(torch.cuda, "device", lambda device: nullcontext())
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: nullcontext())
    for name, value in (("Stream", Stream), ("CUDAGraph", Graph), ("graph", graph)):
        monkeypatch.setattr(torch.cuda, name, value)
    monkeypatch.setattr(torch.cuda, "current_stream", Stream)

    def double(x):
        seen.append(x.clone())
        return 2 * x

    step = captured(double, torch.device("cuda"), graphs=True)
    step_of.append(step)
    return step, seen


def test_a_step_is_captured_on_a_gpu_only_and_only_if_asked(calls):
    step = lambda x: x  # noqa: E731
    assert captured(step, torch.device("cpu"), graphs=True) is step
    assert captured(step, torch.device("cuda"), graphs=False) is step
    assert isinstance(calls[0], Captured)


def test_first_steps_run_and_later_ones_are_replayed_with_their_own_inputs(calls):
    step, seen = calls
    found = [step(torch.full((4,), float(i))) for i in range(8)]
    assert [made[0].item() for made in found] == [0, 2, 4, 6, 8, 10, 12, 14]
    assert len(seen) == WARM_UP
    assert Graph.n_captures == 1


def test_a_short_batch_runs_as_it_is_and_a_longer_one_is_captured_anew(calls):
    step, seen = calls
    for n in (2, 4, 4, 4, 4, 2, 4, 2):
        assert step(torch.ones(n)).tolist() == n * [2]
    assert [len(x) for x in seen] == [2, 4, 4, 4, 2, 2]
    assert Graph.n_captures == 1


def test_rates_stay_numbers_on_a_cpu_and_are_set_in_place_where_they_are_tensors():
    net = torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(net.parameters(), 0.5, fused=True)
    capturable(optimizer)
    assert optimizer.param_groups[0]["lr"] == 0.5
    set_rate(optimizer, 0.25)
    assert optimizer.param_groups[0]["lr"] == 0.25
    _move_rates(optimizer)
    there = optimizer.param_groups[0]["lr"]
    assert isinstance(there, torch.Tensor)
    assert optimizer.param_groups[0]["capturable"]
    set_rate(optimizer, 0.125)
    assert optimizer.param_groups[0]["lr"] is there
    assert there.item() == 0.125


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
def test_replayed_steps_give_what_steps_give_that_run():
    def losses(*, graphs):
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(8, 32), nn.Dropout(0.5), nn.Linear(32, 2)).cuda()
        optimizer = torch.optim.AdamW(net.parameters(), 0.1, fused=True)
        capturable(optimizer)

        def learn(x):
            loss = net(x).square().mean()
            optimize(loss, optimizer)
            return loss.detach()

        step, found = captured(learn, torch.device("cuda"), graphs=graphs), []
        for number in range(16):
            set_rate(optimizer, 0.1 / (1 + number))
            n_rows = 16 if number % 5 else 7
            found.append(step(torch.full((n_rows, 8), float(number), device="cuda")))
        return torch.stack(found)

    assert torch.equal(losses(graphs=True), losses(graphs=False))
