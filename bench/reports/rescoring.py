"""Compares records with those that are computed again from the same answers."""

from collections.abc import Sequence
from itertools import zip_longest

from bench.reports.boards import NUMBERS, digits
from bench.reports.records import Record


def difference(written: Sequence[Record], found: Sequence[Record]) -> str:
    """The first difference between written records and computed ones; empty if there is none.

    Numbers must be equal as they are written: shares are exact, and other sums differ between
    processors far behind the last digit that is kept.
    """
    for place, (one, other) in enumerate(zip_longest(written, found), 1):
        if one is None or other is None:
            return f"expected {len(found)} records, got {len(written)}"
        for name in Record._fields:
            expected, got = getattr(other, name), getattr(one, name)
            is_equal = got == expected
            if name in NUMBERS:
                is_equal = digits(got, NUMBERS[name]) == digits(expected, NUMBERS[name])
            if name != "entry" and not is_equal:
                parts = (one.purpose, one.target, one.defense, one.attacker, one.threat, one.metric)
                about = " ".join(part[:60] for part in parts if part)
                return (
                    f"record {place} ({about}): expected {name} {expected!s:.80}, got {got!s:.80}"
                )
    return ""
