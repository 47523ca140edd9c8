"""Attackers: one file per plugin."""
