"""Defenses: one file per plugin, or one folder per family."""
