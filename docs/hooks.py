"""Hooks of MkDocs: pages that lie outside docs/, links to them, and the reference of plugins."""

import inspect
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import dirname, join, normpath, relpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
TOP = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")
SHOWN = (*TOP, "leaderboards/*.md", "docs/**/*.md")
PAGES = sorted(path.relative_to(ROOT).as_posix() for each in SHOWN for path in ROOT.glob(each))
LINK = re.compile(r"(?<=\]\()([^)\s:#]+)(?=[)#])")  # without scheme and anchor
PLUGINS = re.compile(r"<!-- plugins: (\w+) -->")
LOADED = re.compile(r'<(?:script|img|link)\b[^>]*"(?:https?:)?//[^>]*>')
STATED = re.compile(r"^(Source|Differs from it|Licence|Access):", re.MULTILINE)
STEPS = {"protect": " (only to protect)", "path": " (a path)"}
_LOG = logging.getLogger("mkdocs.hooks")


def on_files(files: "Files", config: "MkDocsConfig") -> "Files":
    """Adds the pages outside docs/ and all files that pages link to."""
    from mkdocs.structure.files import File

    text = {page: (ROOT / page).read_text() for page in PAGES}
    linked = {resolved(page, link) for page in PAGES for link in LINK.findall(text[page])}
    known = {file.src_uri for file in files}
    for path in sorted({*PAGES, *linked}):
        if (ROOT / path).is_file() and site_path(path) not in known:
            files.append(File.generated(config, path, abs_src_path=os.fspath(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: "Page", config: "MkDocsConfig", files: "Files") -> str:
    """The page with links as on the site, and with the reference of plugins."""
    here = page.file.src_uri
    source = here if here in PAGES else f"docs/{here}"
    moved = LINK.sub(
        lambda link: relpath(site_path(resolved(source, link[0])), dirname(here) or "."), markdown
    )
    return PLUGINS.sub(lambda kind: "\n\n".join(reference(kind[1])), moved)


def on_post_page(output: str, page: "Page", config: "MkDocsConfig") -> str:
    """The page as it is; warns of what it loads from other sites, for it must work offline."""
    for tag in LOADED.findall(output):
        _LOG.warning("%s loads from another site: %s", page.file.src_uri, tag)
    return output


def resolved(page: str, link: str) -> str:
    """The path in the repository of a link of a page."""
    return normpath(join(dirname(page), link))


def site_path(path: str) -> str:
    """Where a file of the repository lies on the site."""
    return path.removeprefix("docs/")


def reference(kind: str) -> Iterator[str]:
    """A section of Markdown for each plugin of a kind: its docstring, its fields and presets."""
    from bench.plugin import bounds_of
    from bench.registry import BUILT_IN, broken, fields_of, plugins
    from bench.tables import Table

    for name, reason in broken().items():
        _LOG.warning("plugin %s is broken: %s", name, reason)
    for name, plugin in plugins(kind).items():
        if not plugin.__module__.startswith(BUILT_IN):
            continue  # of an installed package
        about = STATED.sub(r"\n**\1**:", inspect.getdoc(plugin) or "")
        columns = [
            "field",
            "meaning",
            "values",
            "default",
            *(f"@{each}" for each in plugin.presets),
        ]
        rows = [
            [
                f"`{item.name}`",
                item.metadata["about"] + STEPS.get(item.metadata["at"], ""),
                *(bounds_of(item), str(item.default)),
                *(str(preset.get(item.name, "")) for preset in plugin.presets.values()),
            ]
            for item in fields_of(plugin)
        ]
        table = Table(name, columns, rows, about)
        yield str(table) if rows else f"## {name}\n\n{about}"
