"""Cheap views of stored answers: records, tables, sheets."""
