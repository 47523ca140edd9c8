"""All checks of one data set."""

from collections.abc import Iterator, Sequence

from bench.api import Dataset
from bench.audit.balance import balance
from bench.audit.cues import cues
from bench.audit.duplicates import duplicates
from bench.audit.findings import Finding
from bench.audit.likeness import likeness
from bench.audit.material import material
from bench.audit.shift import role_shift
from bench.runner.store import Store

USUAL = ("identity", "gender", "expression")  # asked about where the data have them


def audit(data: Dataset, store: Store, targets: Sequence[str] = ()) -> Iterator[Finding]:
    """The findings, as they come.

    Args:
        data: is loaded and split through the store.
        store: where pictures are cached.
        targets: categorical ones that no cue should tell; else the usual ones.

    Raises:
        ValueError: if the data cannot be loaded or split, or know no such target.
    """
    known = [target.name for target in data.asks if target.kind == "categorical"]
    if strange := sorted(set(targets) - set(known)):
        raise ValueError(f"{data.name} has the categorical targets {known}, not {strange}")
    given = material(data, store)
    yield from duplicates(given)
    yield from balance(given)
    yield from cues(given, targets or [name for name in USUAL if name in known])
    yield role_shift(given)
    if data.name == "synthetic":
        from bench.audit.renderer import renderer  # imports torch, which reports do without

        yield from renderer(data.seed)
        yield from likeness(data.seed, store)
