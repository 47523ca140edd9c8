"""What `bench list` and `bench plan` print."""

import dataclasses
import math
from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.api import Plugin
from bench.registry import KINDS, broken, controls, plugins
from bench.runner.cells import cells
from bench.runner.engine import expected_seconds
from bench.runner.grid import Grid, bundled
from bench.runner.plan import Planner
from bench.runner.store import Store
from bench.runner.threats import THREATS
from bench.verb import Verb


def print_plugins() -> None:
    """Plugins with fields, defaults and source; threats; grids; what is broken and why."""
    console = Console()
    for kind in KINDS:
        for name, plugin in plugins(kind).items():
            control = " (control: in every task)" if name in controls() else ""
            console.print(f"\n{kind} {name}{control}", style="bold", markup=False)
            for line in _told(plugin):
                console.print(f"  {line}", markup=False, highlight=False)
    console.print(f"\nthreats: {', '.join(THREATS)} (fields: draws, queries, told, gallery)")
    console.print(f"grids: {', '.join(bundled())}")
    for name, reason in broken().items():
        console.print(f"broken: {name}: {reason}", style="red", markup=False)


def verbs() -> list[str]:
    """A line for each verb of `bench apply`."""
    return [
        f"{name} ({plugin.defense}): {_told(plugin)[0]}"
        for name, plugin in plugins("verb").items()
        if issubclass(plugin, Verb)
    ] or ["No verb is registered."]


def print_plan(grid: Grid, store: Store) -> None:
    """Counts of cells and stages, and the time that the missing ones may take."""
    console = Console()
    asked = list(cells(grid))
    plan = Planner(store.root).plan(asked)
    seconds = expected_seconds(plan, store)
    shown = Table("action", "stages", "cached", "expected s")
    for action, n_stages in Counter(stage.action for stage in plan).items():
        missing = [stage for stage in plan if stage.action == action and stage.key in seconds]
        total = sum(seconds[stage.key] for stage in missing)
        known = "unknown" if math.isnan(total) else f"{total:.0f}"
        shown.add_row(action, str(n_stages), str(n_stages - len(missing)), known)
    console.print(shown)
    total = sum(value for value in seconds.values() if not math.isnan(value))
    console.print(f"{total:.0f} s of work in what is known, shared by all workers", highlight=False)
    unasked = Counter(cell.unasked for cell in asked if cell.unasked)
    console.print(f"{len(asked)} cells, {sum(unasked.values())} of them n/a:", highlight=False)
    for reason, n_cells in unasked.items():
        console.print(Text(f"  {n_cells} x {reason}"))
    console.print(f"store: {store.root}", highlight=False, markup=False, soft_wrap=True)


def _told(plugin: type[Plugin]) -> list[str]:
    text = (plugin.__doc__ or "").strip().splitlines()
    source = next(
        (line.strip() for line in text if line.strip().startswith("Source:")), "Source: ?"
    )
    lines = [text[0] if text else "", source]
    for item in dataclasses.fields(plugin):  # type: ignore[arg-type]  # plugins are dataclasses
        step = {"protect": " (at protection)", "place": " (a place)"}.get(
            item.metadata.get("at", ""), ""
        )
        default = "(empty)" if item.default == "" else str(item.default)
        lines.append(f"{item.name}={default}: {item.metadata.get('about', '?')}{step}")
    return lines + [f"@{preset}" for preset in plugin.presets]
