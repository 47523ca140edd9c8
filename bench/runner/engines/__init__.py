"""Engines: schedule calls of `step`, in this process or in several."""
