"""What a device does with the trainings of the suite; for `bench gpu-check` (docs/gpu.md)."""
