"""Records, and tables, figures and boards made of them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.reports.boards import read_records as read_records


def __getattr__(name: str) -> object:
    """`read_records`, imported when it is used: commands must not wait for its libraries."""
    if name != "read_records":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from bench.reports.boards import read_records

    return read_records
