"""Data sets: the embedded synthetic people, and loaders of real photographs."""
