"""Checkpoints of a long training, from which a killed process resumes."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

T = TypeVar("T")

SAVE_EVERY_S = 60.0  # of training


class Epoch:
    """Steps whose random numbers are drawn before the first one; it can be resumed at each.

    Resumed, it draws the same numbers again and skips the steps that are done, whose `figures` are
    scalars or vectors.
    """

    def __init__(self, generator: torch.Generator, device: torch.device | str) -> None:
        self.figures: list[Tensor] = []
        self._generator, self._device = generator, device
        self._began = generator.get_state()

    def left(self, draw: Callable[[], Iterable[T]]) -> Iterator[T]:
        """The steps that are left of those that `draw` draws with the generator."""
        if not self.figures:
            self._began = self._generator.get_state()
        return islice(draw(), len(self.figures), None)

    def end(self) -> list[Tensor]:
        """The figures of all steps; another epoch begins."""
        figures, self.figures = self.figures, []
        return figures

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        figures = torch.stack(self.figures).cpu() if self.figures else None
        return {"figures": figures, "began": self._began}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes back to a state; the generator, to that in which the epoch began."""
        self._began, self.figures = state["began"], []
        if state["figures"] is not None:
            self.figures = list(state["figures"].to(self._device))
            self._generator.set_state(self._began)


Parts = Mapping[str, nn.Module | torch.optim.Optimizer | Epoch]


class Checkpoint:
    """The state of a training in a folder that outlives the process (`context.scratch`).

    A loop that first calls `load`, and `save` from time to time, ends with the same weights if it
    is killed and resumed (on the same kind of device). For a new training the folder is empty. The
    loop draws random numbers only from the generator and from torch's own state. Several trainings
    in one folder need several names.
    """

    def __init__(
        self, folder: Path, generator: torch.Generator, parts: Parts, name: str = "checkpoint"
    ) -> None:
        self._path = folder / f"{name}.pt"
        self._generator, self._parts = generator, parts
        self._saved_at = time.monotonic()
        nets = (part for part in parts.values() if isinstance(part, nn.Module))
        self._device = next(each.device for net in nets for each in net.parameters())

    def save_if_due(
        self, facts: Mapping[str, Any], show: Callable[[], None] = lambda: None
    ) -> None:
        """Saves if a minute has passed, and then calls `show`, which may draw random numbers."""
        if time.monotonic() - self._saved_at < SAVE_EVERY_S:
            return
        self.save(facts)
        with torch.random.fork_rng(devices=[]):  # networks are built to show samples
            show()
        self._saved_at = time.monotonic()

    def save(self, facts: Mapping[str, Any]) -> None:
        """Writes the state of everything, and facts: numbers, strings, tensors, lists and dicts."""
        state = {
            "facts": dict(facts),
            "parts": {name: part.state_dict() for name, part in self._parts.items()},
            "generator": self._generator.get_state(),
            "cpu": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state(self._device) if self._device.type == "cuda" else None,
        }
        draft = self._path.with_suffix(".draft")
        torch.save(state, draft)
        draft.replace(self._path)  # if the process is killed, the old file stays complete

    def load(self) -> Mapping[str, Any] | None:
        """Restores everything; returns the facts of the last `save`, or None if there is none."""
        if not self._path.exists():
            return None
        state = torch.load(self._path, map_location="cpu", weights_only=True)
        self._generator.set_state(state["generator"])
        torch.set_rng_state(state["cpu"])
        if self._device.type == "cuda" and state["cuda"] is not None:  # not begun on a CPU
            torch.cuda.set_rng_state(state["cuda"], self._device)
        for name, part in self._parts.items():
            part.load_state_dict(state["parts"][name])
        return dict(state["facts"])
