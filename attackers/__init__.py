"""Attackers: one file, one plugin."""
