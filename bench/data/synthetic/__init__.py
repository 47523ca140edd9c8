"""Synthetic people, rendered by our own code, with exact labels."""

from bench.data.synthetic.dataset import Synthetic

__all__ = ["Synthetic"]
