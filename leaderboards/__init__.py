"""Grids (NAME.toml) beside the records that they made (NAME.csv)."""
