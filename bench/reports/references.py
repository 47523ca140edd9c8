"""BibTeX of what a run used: plugins, backbones, metrics and statistics.

A docstring cites an entry of references.bib by its key in square brackets, after `Source:`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from importlib.resources import files
from inspect import getmembers, isfunction

from bench.forensics import cleaning
from bench.metrics import comparisons, exposed, gaffke, intervals, ratio_intervals, separability
from bench.metrics.declared import declared
from bench.registry import BUILT_IN, plugins, stated
from bench.reports import verdicts
from bench.reports.latex import escaped
from bench.reports.records import Record
from bench.spec import Spec

_KEY = re.compile(r"\[([a-z]+\d{4}[a-z]+)\]")
_ENTRY = re.compile(r"^@\w+\{(\w+),\n.*?^\}$", re.DOTALL | re.MULTILINE)
_STATISTICS = (comparisons, exposed, gaffke, intervals, ratio_intervals, separability, verdicts)
_SUITE = """\
@misc{{unmask,
  author = {{{{The Unmask authors}}}},
  title = {{Unmask: a privacy-attack benchmark suite for face de-identification}},
  year = {{2026}},
  note = {{Version {version}}}
}}"""
_OTHER = (
    "@misc{{{key},\n  title = {{{name}}},\n  note = {{{kind}, not part of Unmask: {source}}}\n}}"
)


def bibliography() -> dict[str, str]:
    """The entries of references.bib by their keys."""
    text = files("bench.reports").joinpath("references.bib").read_text(encoding="utf-8")
    return {match[1]: match[0] for match in _ENTRY.finditer(text)}


def keys(text: str) -> list[str]:
    """The entries that a source cites."""
    return _KEY.findall(text)


def references(records: Sequence[Record]) -> str:
    """The suite and all that records used, an entry each; a plugin of others as a note."""
    records = [r for r in records if r.status == "ok"]
    entries, used = bibliography(), _used(records)
    cited = {key for text in _sources(records, used) for key in keys(text)}
    cited |= {key for name in _backbones(used) for key in entries if is_of(entries[key], name)}
    suite = _SUITE.format(version=version("unmask-bench"))
    known = (entries[key] for key in entries if key in cited)
    return "\n\n".join([suite, *known, *dict.fromkeys(_others(used))]) + "\n"


def is_of(entry: str, backbone: str) -> bool:
    """Whether an entry is the source of a backbone; `timm` for any of timm."""
    found = re.search(r"keywords = \{(.*)\}", entry)
    return found is not None and backbone in found[1].split(", ")


def _used(records: Sequence[Record]) -> list[tuple[str, Spec]]:
    """The kind and spec of each plugin."""
    learned = (part.partition(" ")[2] for r in records for part in r.learned_from.split("; "))
    texts = {"dataset": [*(r.data for r in records), *learned]}
    texts |= {kind: [getattr(r, kind) for r in records] for kind in ("defense", "attacker")}
    unique = {kind: dict.fromkeys(filter(None, found)) for kind, found in texts.items()}
    return [(kind, Spec.parse(text)) for kind, found in unique.items() for text in found]


def _sources(records: Sequence[Record], used: Iterable[tuple[str, Spec]]) -> Iterator[str]:
    """What plugins, metrics and statistics cite."""
    yield from (stated(plugins(kind).get(spec.name), "Source") for kind, spec in used)
    for metric in dict.fromkeys(r.metric for r in records if r.metric):
        compute = declared(metric).compute
        yield stated(compute.func if isinstance(compute, partial) else compute, "Source")
    for module in (*_STATISTICS, *([cleaning] if any(r.cleaned for r in records) else [])):
        yield from (stated(about, "Source") for _, about in getmembers(module, isfunction))


def _backbones(used: Iterable[tuple[str, Spec]]) -> Iterator[str]:
    """The networks of attackers."""
    for kind, spec in used:
        default = getattr(plugins(kind).get(spec.name), "backbone", "")
        yield str(dict(spec.fields).get("backbone", default)).partition("/")[0]


def _others(used: Iterable[tuple[str, Spec]]) -> Iterator[str]:
    """A note about each plugin that is not of the suite."""
    for kind, spec in used:
        plugin = plugins(kind).get(spec.name)
        if plugin is None or not plugin.__module__.startswith(tuple(f"{p}." for p in BUILT_IN)):
            text = (
                escaped(stated(plugin, "Source"))
                if plugin
                else "not installed where this was written"
            )
            name = escaped(spec.name)
            yield _OTHER.format(key=f"{kind}-{spec.name}", name=name, kind=kind, source=text)
