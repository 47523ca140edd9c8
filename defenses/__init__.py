"""Defenses: one file, or one folder for a family, per plugin."""
