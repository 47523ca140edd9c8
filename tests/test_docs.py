"""The site of docs/: its navigation, its links, and what it promises to list in full."""

import re
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.metrics.declared import METRICS
from bench.reports.package import COLUMNS

ROOT = Path(__file__).parents[1]
CODE = re.compile(r"```.*?```", re.DOTALL)
HOOKS = SimpleNamespace(**runpy.run_path(str(ROOT / "docs" / "hooks.py")))


def text(path):
    return CODE.sub("", (ROOT / path).read_text())


def anchors(path):
    """Of a page's headings, as repository browsers make them."""
    titles = re.findall(r"^#+ (.+)$", text(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def between(path, begin, end):
    return text(path).split(begin)[1].split(end)[0].strip()


def test_each_page_is_once_in_the_navigation():
    navigation = re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert sorted(navigation) == sorted(map(HOOKS.site_path, HOOKS.PAGES))


@pytest.mark.parametrize("page", HOOKS.PAGES)
def test_links_lead_to_a_file_and_to_a_heading_of_it(page):
    for link, anchor in re.findall(r"\]\((?!\w+:)([^)\s#]*)#?([^)\s]*)\)", text(page)):
        target = HOOKS.resolved(page, link) if link else page
        assert (ROOT / target).is_file(), link
        assert not anchor or anchor in anchors(target), (link, anchor)


@pytest.mark.parametrize(
    ("page", "link", "moved"),
    [
        ("findings.md", "../leaderboards/quick.csv", "leaderboards/quick.csv"),
        ("tutorials/attacker.md", "../truth.md#marks", "../truth.md#marks"),
        ("leaderboards/README.md", "../docs/truth.md", "../truth.md"),
        ("README.md", "docs/data.md#protocols", "data.md#protocols"),
        ("README.md", "https://a.b/docs/c.md", "https://a.b/docs/c.md"),
    ],
)
def test_links_are_rewritten_as_files_lie_on_the_site(page, link, moved):
    here = SimpleNamespace(file=SimpleNamespace(src_uri=page))
    assert HOOKS.on_page_markdown(f"[a]({link})", here, None, None) == f"[a]({moved})"


def test_what_a_page_loads_from_another_site_is_warned_of(caplog):
    page = SimpleNamespace(file=SimpleNamespace(src_uri="a.md"))
    for tag in ('<script src="b.js">', '<a href="https://b">', '<script async src="//b/c.js">'):
        HOOKS.on_post_page(tag, page, None)
    assert [record.args[1] for record in caplog.records] == ['<script async src="//b/c.js">']


def test_every_declared_metric_has_one_definition():
    for kind, metrics in METRICS.items():
        part = between("docs/metrics.md", f"\n### {kind}\n", "\n#")
        rows = [row.split(" | ")[0] for row in part.splitlines() if row.startswith("| `")]
        defined = [name for row in rows for name in re.findall("`(.+?)`", row)]
        assert sorted(defined) == sorted(metric.name for metric in metrics)


def test_the_schema_is_the_columns_that_boards_write():
    rows = "\n".join(f"| `{name}` | {kind} | {about} |" for name, kind, about in COLUMNS)
    assert between("docs/schema.md", "columns: begin -->", "<!--").endswith(f"--- |\n{rows}")


def test_the_reference_has_docstring_fields_and_presets_of_each_plugin():
    found = {part.split()[1]: part for part in HOOKS.reference("defense")}
    assert "Blurs the whole picture with a Gaussian." in found["blur"]
    about = "standard deviation, fraction of picture width (only to protect)"
    assert f"| `sigma` | {about} | (0, 10] | 0.06 |" in found["blur"]
    assert "| default | @quick |" in found["began_cs"]
