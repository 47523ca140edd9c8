"""Audits of a data set: labels that leak without a face, duplicates, differences between roles."""
