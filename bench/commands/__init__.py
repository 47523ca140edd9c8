"""Commands that have files of their own; `bench/cli.py` has the others."""
