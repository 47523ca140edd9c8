"""Who uses this suite can cite what a run used, and the suite."""

import inspect
import pkgutil
import re
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest

import bench.metrics
from bench.nn.published.catalogue import JUDGES
from bench.registry import BUILT_IN, KINDS, plugins, stated
from bench.reports import references as module
from bench.reports.references import bibliography, keys, references

ROOT = Path(__file__).parents[2]
ENTRIES = bibliography()
OURS = [
    (kind, name, plugin)
    for kind in KINDS
    for name, plugin in plugins(kind).items()
    if plugin.__module__.startswith(tuple(f"{package}." for package in BUILT_IN))
]
REQUIRED = {
    **{"article": {"journal"}, "inproceedings": {"booktitle"}, "book": {"publisher"}},
    **{"techreport": {"institution"}, "misc": set()},
}


def record(**fields):
    """As much of a record as references look at."""
    empty = dict.fromkeys(("data", "learned_from", "defense", "attacker", "metric"), "")
    return SimpleNamespace(**empty | {"status": "ok", "cleaned": 0} | fields)


def cited(*records):
    return re.findall(r"^@\w+\{([\w-]+),$", references(records), re.MULTILINE)


def always():
    return set(cited())


def test_the_bibliography_is_valid_bibtex():
    text = (ROOT / "bench/reports/references.bib").read_text()
    starts = re.findall(r"^@(\w+)\{(\w+),$", text, re.MULTILINE)
    assert [key for _, key in starts] == sorted(key for _, key in starts) == list(ENTRIES)
    assert len({key for _, key in starts}) == len(starts)
    for kind, key in starts:
        lines = ENTRIES[key].splitlines()[1:-1]
        fields = [re.fullmatch(r"  (\w+) = \{(.*)\}(,?)", line) for line in lines]
        assert all(fields), key
        assert [field[3] for field in fields] == [","] * (len(fields) - 1) + [""], key
        assert all(field[2].count("{") == field[2].count("}") for field in fields), key
        found = {field[1]: field[2] for field in fields}
        assert {"author", "title", "year"} | REQUIRED[kind] <= set(found), key
        assert found["year"] in key
        assert ENTRIES[key].isascii()
        assert "http" not in ENTRIES[key]


@pytest.mark.parametrize(("kind", "name", "plugin"), OURS, ids=lambda value: str(value))
def test_each_plugin_cites_what_it_is_made_from(kind, name, plugin):
    text = stated(plugin, "Source")
    assert text, "add 'Source: ...'"
    years = re.findall(r"\b(?:19|20)\d\d\b(?!\w)", re.sub(r"arXiv:\S+|\[\w+\]", "", text))
    assert len(keys(text)) >= len(set(years)) if kind != "operation" else True
    assert set(keys(text)) <= set(ENTRIES)


def test_each_entry_is_cited_by_a_docstring_or_is_a_backbone():
    modules = [
        f"bench.metrics.{item.name}" for item in pkgutil.iter_modules(bench.metrics.__path__)
    ]
    functions = [
        function
        for name in [*modules, "bench.reports.verdicts", "bench.forensics.cleaning"]
        for _, function in inspect.getmembers(import_module(name), inspect.isfunction)
    ]
    found = {
        key
        for about in [*functions, *(p for *_, p in OURS)]
        for key in keys(stated(about, "Source"))
    }
    assert found <= set(ENTRIES)
    named = {key for key, entry in ENTRIES.items() if "keywords = " in entry}
    assert found | named == set(ENTRIES)


def test_each_backbone_and_published_judge_has_an_entry():
    for name in ("pprl", "san", "vgg", "resnet", "facenet", "timm", *JUDGES):
        found = [key for key, entry in ENTRIES.items() if module.is_of(entry, name)]
        assert len(found) == 1, name


def test_a_run_cites_its_plugins_their_backbones_and_its_metrics_only():
    used = record(
        data="synthetic:people=4",
        learned_from="defender lfw:size=32",
        defense="san@quick",
        attacker="cnn:backbone=timm/resnet10t",
        metric="linkability",
    )
    new = set(cited(used)) - always()
    plugins_of_it = {"aneja2016ferg", "shirai2019annotation", "ekman1978facs", "huang2007lfw"}
    plugins_of_it |= {"mirjalili2018san", "chen2018pprl", "wightman2019timm"}
    assert new == plugins_of_it | {"gomezbarrero2018linkability"}
    assert "wilson1927interval" in always()
    assert set(cited(record(cleaned=1))) - always() == {"liu2021subverting"}
    used.status = "failed"
    assert set(cited(used)) == always()


def test_the_suite_comes_first_with_its_version():
    assert cited()[0] == "unmask"
    assert f"note = {{Version {version('unmask-bench')}}}" in references([])


def test_plugins_of_others_are_notes_with_their_own_source(monkeypatch):
    class Theirs:
        """Hides all.

        Source: Doe & Roe, 50 % {better}, 2031
            (not in print).
        """

    Theirs.__module__ = "theirs"
    known = {"theirs": Theirs}
    monkeypatch.setattr(module, "plugins", lambda kind: known if kind == "defense" else {})
    found = references([record(defense="theirs:x=1"), record(attacker="lost")])
    entry = found[found.index("@misc{defense-theirs,") :]
    source_ = r"Doe \& Roe, 50 \% \textbraceleft{}better\textbraceright{}, 2031 (not in print)."
    assert f"note = {{defense, not part of Unmask: {source_}}}" in entry
    assert "@misc{attacker-lost," in entry
    assert "not installed where this was written" in entry
    assert entry.count("{") == entry.count("}")


def test_the_citation_file_is_of_this_version():
    yaml = pytest.importorskip("yaml")  # of frictionless
    found = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= set(found)  # required by CFF 1.2.0
    assert found["cff-version"] == "1.2.0"
    assert found["type"] == "software"
    assert found["authors"] == [{"name": "The Unmask authors"}]
    assert f"(c) 2026 {found['authors'][0]['name']}" in (ROOT / "LICENSE").read_text()
    project = (ROOT / "pyproject.toml").read_text()
    assert f'\nversion = "{found["version"]}"\n' in project
    assert f'\nlicense = "{found["license"]}"\n' in project
    assert found["title"] in references([])
