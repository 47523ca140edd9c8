"""What is measured, as it stands in the JSON file (docs/gpu.md says what each name means)."""

from collections.abc import Mapping
from typing import NamedTuple

SCHEMA = 1

Facts = Mapping[str, str | int | float | None]


class Equal(NamedTuple):
    """Distances of weights after some steps, relative to their norm, and the largest allowed."""

    distance: float  # from those of the CPU
    tolerance: float
    distance_with_graphs: float | None  # from those of the same device without graphs
    tolerance_with_graphs: float


class Speed(NamedTuple):
    """A training; counts are per step."""

    batch: int
    step_ms: float
    pictures_per_s: float
    flops_per_s: float | None
    busy_share: float  # of the time, in which the GPU computes
    operations: float  # of torch
    launches: float
    waits: float
    copies: float


class Quick(NamedTuple):
    """The first round of the grid `quick`, up to a limit, and the expected time of all of it."""

    stages: int
    stages_done: int
    seconds: float
    expected_s: float
    host_workers: int
    device_workers: int
    host_stages_s: float
    device_stages_s: float
    failed: tuple[str, ...]


class Report(NamedTuple):
    """All figures; `failures` tells why others are absent."""

    schema: int
    gpu: bool
    small: bool
    device: Facts
    equal: Mapping[str, Equal]
    speed: Mapping[str, Speed]
    speed_with_graphs: Mapping[str, Speed]
    quick: Quick | None
    failures: Mapping[str, str]

    def as_json(self) -> Mapping[str, object]:
        """The report with objects in place of tuples with names."""
        parts = {
            name: {key: value._asdict() for key, value in getattr(self, name).items()}
            for name in ("equal", "speed", "speed_with_graphs")
        }
        return {**self._asdict(), **parts, "quick": self.quick and self.quick._asdict()}
