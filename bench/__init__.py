"""Unmask: what is left of a face de-identification defense's promise, under the best attack."""
