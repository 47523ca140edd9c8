"""`bench plan`: counts the work of a grid without running it."""

import math
from collections import Counter

from bench.commands import options as opt


def plan(
    grid: opt.GridName = "quick",
    data: opt.Data = None,
    defense: opt.Defenses = None,
    attacker: opt.Attackers = None,
    threat: opt.Threats = None,
    seeds: opt.Seeds = None,
    saturation: opt.Saturation = False,
    store: opt.StorePath = None,
    plugin: opt.Plugins = None,
) -> None:
    """Print what a run would do: stages, how many are stored, expected time."""
    with opt.user_errors(plugin):
        chosen = opt.grid_of(grid, data, defense, attacker, threat, seeds, saturation)
        from rich.console import Console
        from rich.table import Table

        from bench.runner.cells import cells
        from bench.runner.plan import plan as plan_of
        from bench.runner.step import expected_seconds

        known, asked = opt.store_at(store), list(cells(chosen))
        stages = plan_of(asked, known.root).stages
        seconds = expected_seconds(stages, known)
        shown = Table("action", "stages", "stored", "expected s")
        for action, n_stages in Counter(stage.action for stage in stages).items():
            missing = [s for s in stages if s.action == action and s.key in seconds]
            total = sum(seconds[stage.key] for stage in missing)
            expected = "unknown" if math.isnan(total) else f"{total:.0f}"
            shown.add_row(action, str(n_stages), str(n_stages - len(missing)), expected)
        Console().print(shown)
        total = sum(value for value in seconds.values() if not math.isnan(value))
        print(f"{total:.0f} s of work with known duration, for all workers together")
        skipped = Counter(cell.skip_reason for cell in asked if cell.skip_reason)
        print(f"{len(asked)} cells, {skipped.total()} are skipped:")
        for reason, n_cells in skipped.items():
            print(f"  {n_cells} x {reason}")
        print(f"store: {known.root}")
