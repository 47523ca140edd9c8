"""`bench plan`: counts the work of a grid without running it."""

import math
from collections import Counter

from bench.commands.options import (
    Attackers,
    Data,
    Defenses,
    GridName,
    Plugins,
    Saturation,
    Seeds,
    StorePath,
    Threats,
    grid_of,
    store_at,
    user_errors,
)


def plan(
    grid: GridName = "quick",
    data: Data = None,
    defense: Defenses = None,
    attacker: Attackers = None,
    threat: Threats = None,
    seeds: Seeds = None,
    saturation: Saturation = False,
    store: StorePath = None,
    plugin: Plugins = None,
) -> None:
    """Print what a run would do: stages, how many are cached, expected time."""
    with user_errors():
        chosen = grid_of(grid, data, defense, attacker, threat, seeds, saturation, plugin)
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        from bench.runner.cells import cells
        from bench.runner.plan import plan as plan_of
        from bench.runner.step import expected_seconds

        console, known, asked = Console(), store_at(store), list(cells(chosen))
        stages = plan_of(asked, known.root).stages
        seconds = expected_seconds(stages, known)
        shown = Table("action", "stages", "cached", "expected s")
        for action, n_stages in Counter(stage.action for stage in stages).items():
            missing = [s for s in stages if s.action == action and s.key in seconds]
            total = sum(seconds[stage.key] for stage in missing)
            expected = "unknown" if math.isnan(total) else f"{total:.0f}"
            shown.add_row(action, str(n_stages), str(n_stages - len(missing)), expected)
        console.print(shown)
        total = sum(value for value in seconds.values() if not math.isnan(value))
        console.print(f"{total:.0f} s of known work, shared by all workers", highlight=False)
        skipped = Counter(cell.skip_reason for cell in asked if cell.skip_reason)
        n_skipped = sum(skipped.values())
        console.print(f"{len(asked)} cells, {n_skipped} of them do not apply:", highlight=False)
        for reason, n_cells in skipped.items():
            console.print(Text(f"  {n_cells} x {reason}"))
        console.print(f"store: {known.root}", highlight=False, markup=False, soft_wrap=True)
