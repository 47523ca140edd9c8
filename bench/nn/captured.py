"""Training steps that a GPU replays as one CUDA graph: one launch instead of a thousand.

Source: Ng et al., "Accelerating PyTorch with CUDA Graphs", pytorch.org, 2021 (the whole step).
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.optim import Optimizer

WARM_UP = 3  # steps before the capture, which choose kernels and make the optimizers' state

Step = Callable[..., Tensor]  # from tensors on the device, with as many rows each, to figures


def captured(step: Step, device: torch.device, *, graphs: bool) -> Step:
    """The step itself; on a GPU, with `graphs`, one that replays it.

    A replay repeats what the GPU did. So a step must not wait for the GPU, and all that differs
    between calls must lie on the GPU, as inputs or changed in place: networks, optimizers that are
    `capturable`, random generators.
    """
    return Captured(step, device) if graphs and device.type == "cuda" else step


def capturable(*optimizers: Optimizer) -> None:
    """Keeps learning rates and counts of steps on the GPU that the parameters are on, if any."""
    for optimizer in optimizers:
        if optimizer.param_groups[0]["params"][0].is_cuda:
            _move_rates(optimizer)
            optimizer.register_load_state_dict_post_hook(_move_rates)


def set_rate(optimizer: Optimizer, lr: float) -> None:
    """Sets the learning rate of all parameters."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):  # a captured step reads it there
            group["lr"].fill_(lr)
        else:
            group["lr"] = lr


class Captured:
    """A step that is captured after its first calls, which run as they are.

    So do calls with fewer rows than the largest so far, such as the last batch of an epoch; with
    more rows it is captured anew.
    """

    def __init__(self, step: Step, device: torch.device) -> None:
        self._step, self._device = step, device
        self._apart = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._n_rows = self._n_calls = 0

    def __call__(self, *inputs: Tensor) -> Tensor:
        """What the step gives, in memory that no other call overwrites."""
        n_rows = len(inputs[0])
        if n_rows < self._n_rows:
            return self._step(*inputs)
        with torch.cuda.device(self._device):
            if n_rows > self._n_rows:
                self._n_rows, self._n_calls = n_rows, 0
            self._n_calls += 1
            if self._n_calls <= WARM_UP:
                return self._warmed(inputs)
            if self._n_calls == WARM_UP + 1:
                self._capture(inputs)
            for place, given in zip(self._inputs, inputs, strict=True):
                place.copy_(given)
            self._graph.replay()
            return self._made.clone()

    def _warmed(self, inputs: tuple[Tensor, ...]) -> Tensor:
        """What a step gives on the stream of the capture, not on the usual one."""
        usual = torch.cuda.current_stream()
        self._apart.wait_stream(usual)
        with torch.cuda.stream(self._apart):
            made = self._step(*inputs)
        usual.wait_stream(self._apart)
        return made

    def _capture(self, inputs: tuple[Tensor, ...]) -> None:
        """Records the step on inputs at fixed places; nothing is computed."""
        self._inputs = [given.clone() for given in inputs]
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph, stream=self._apart):
            self._made = self._step(*self._inputs)


def _move_rates(optimizer: Optimizer) -> None:
    for group in optimizer.param_groups:
        lr = torch.tensor(float(group["lr"]), device=group["params"][0].device)
        group.update(lr=lr, capturable=True)
