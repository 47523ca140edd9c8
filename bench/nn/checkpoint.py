"""Long training that goes on where a killed process stopped."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch


class Stateful(Protocol):
    """A network, an optimizer: anything that tells its state and takes it back."""

    def state_dict(self) -> dict[str, Any]:
        """Its state."""
        ...

    def load_state_dict(self, state: dict[str, Any], /) -> object:
        """Takes a state back."""
        ...


class Checkpoint:
    """The state of a training in a folder that outlives the process (`context.scratch`).

    Where a loop asks `resumed` first and calls `keep` now and then, a killed training that is begun
    again ends with the same weights as one that was left alone (on one kind of device).

    Args:
        folder: where it lies; empty when the training is new.
        generator: what the training draws from, besides torch's own state.
        parts: networks and optimizers by name.
    """

    def __init__(self, folder: Path, generator: torch.Generator, **parts: Stateful) -> None:
        self._path = folder / "checkpoint.pt"
        self._generator, self._parts = generator, parts

    def keep(self, facts: Mapping[str, Any]) -> None:
        """Writes the state of everything; the file is whole, or as it was before.

        Args:
            facts: where the loop stands: numbers, texts, tensors, and lists and dicts of these.
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
        """The facts of the last `keep`, with everything put back; None if the training is new."""
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
