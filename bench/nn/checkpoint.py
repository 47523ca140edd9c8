"""Checkpoints of a long training, from which a killed process resumes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

Parts = Mapping[str, nn.Module | torch.optim.Optimizer]


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

    def save(self, facts: Mapping[str, Any]) -> None:
        """Writes the state of everything, and facts: numbers, strings, tensors, lists and dicts."""
        state = {
            "facts": dict(facts),
            "parts": {name: part.state_dict() for name, part in self._parts.items()},
            "generator": self._generator.get_state(),
            "cpu": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        }
        draft = self._path.with_suffix(".draft")
        torch.save(state, draft)
        draft.replace(self._path)  # if the process is killed, the old file stays complete

    def load(self) -> Mapping[str, Any] | None:
        """Restores everything; returns the facts of the last `save`, or None if there is none."""
        if not self._path.exists():
            return None
        state = torch.load(self._path, map_location="cpu", weights_only=True)
        for name, part in self._parts.items():
            part.load_state_dict(state["parts"][name])
        self._generator.set_state(state["generator"])
        torch.set_rng_state(state["cpu"])
        if state["cuda"]:
            torch.cuda.set_rng_state_all(state["cuda"])
        return dict(state["facts"])
