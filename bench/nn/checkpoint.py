"""Checkpoints of a long training: a killed process resumes from the last one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

Parts = Mapping[str, nn.Module | torch.optim.Optimizer]


class Checkpoint:
    """The state of a training in a folder that outlives the process (`context.scratch`).

    A loop that calls `resumed` first and `keep` now and then ends with the same weights whether or
    not it was killed (on one kind of device). The folder is empty when the training is new; the
    generator is what it draws from, besides torch's own state.
    """

    def __init__(self, folder: Path, generator: torch.Generator, parts: Parts) -> None:
        self._path = folder / "checkpoint.pt"
        self._generator, self._parts = generator, parts

    def keep(self, facts: Mapping[str, Any]) -> None:
        """Replaces the file by the state of everything; a kill leaves the old file whole.

        Facts are numbers, texts, tensors, and lists and dicts of these.
        """
        state = {
            "facts": dict(facts),
            "parts": {name: part.state_dict() for name, part in self._parts.items()},
            "generator": self._generator.get_state(),
            "cpu": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        }
        draft = self._path.with_suffix(".draft")
        torch.save(state, draft)
        draft.replace(self._path)

    def resumed(self) -> Mapping[str, Any] | None:
        """The facts of the last `keep`, with everything restored; None if the training is new."""
        if not self._path.exists():
            return None
        state = torch.load(self._path, map_location="cpu", weights_only=True)
        for name, part in self._parts.items():
            part.load_state_dict(state["parts"][name])
        self._generator.set_state(state["generator"])
        torch.set_rng_state(state["cpu"])
        if state["cuda"]:
            torch.cuda.set_rng_state_all(state["cuda"])
        facts: Mapping[str, Any] = state["facts"]
        return facts
