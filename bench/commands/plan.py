"""`bench plan`: counts the work of a grid without running it."""

from collections import Counter

from bench.commands import options as opt
from bench.tables import Table


def plan(
    grid: opt.GridName = "quick",
    data: opt.Data = None,
    defense: opt.Defenses = None,
    only: opt.Only = None,
    protected: opt.Protected = None,
    attacker: opt.Attackers = None,
    attack: opt.Attacks = None,
    threat: opt.Threats = None,
    seeds: opt.Seeds = None,
    saturation: opt.Saturation = False,
    store: opt.StorePath = None,
    plugin: opt.Plugins = None,
    device: opt.Device = "auto",
    workers: opt.Workers = 0,
) -> None:
    """Print what a run would do: stages, how many are stored, expected time."""
    with opt.user_errors(plugin):
        chosen = opt.grid_of(
            grid, data, defense, attacker, threat, seeds, saturation, only, protected, attack
        )
        from bench.commands.progress import duration
        from bench.runner.cells import cells
        from bench.runner.engines.options import engine_of
        from bench.runner.plan import plan as plan_of
        from bench.runner.schedule import expected_wall_s

        known, asked = opt.store_at(store), list(cells(chosen))
        planned = plan_of(asked, known.root)
        missing = [stage for stage in planned.stages if stage.key not in known]
        left = Counter(stage.action for stage in missing)
        rows = []
        for action, n_stages in Counter(stage.action for stage in planned.stages).items():
            seconds = sum(stage.seconds for stage in missing if stage.action == action)
            n_stored = n_stages - left[action]
            rows.append((action, n_stages, n_stored, duration(seconds)))
        opt.show(Table(chosen.name, ("action", "stages", "stored", "about"), rows))
        engine = engine_of(device, workers, plugin)
        goals = [goal.stages for goal in planned.goals]
        wall_s = expected_wall_s(missing, goals, engine.n_processes, engine.devices)
        devices = ", ".join(sorted({*engine.devices}))
        on = f", and {len(engine.devices)} on {devices}" if devices else ""
        print(f"about {duration(wall_s)} with {engine.n_processes} workers{on}")
        skipped = Counter(cell.skip_reason for cell in asked if cell.skip_reason)
        print(f"{len(asked)} cells, {skipped.total()} are skipped{':' if skipped else ''}")
        for reason, n_cells in skipped.items():
            print(f"  {n_cells} x {reason}")
        print(f"store: {known.root}")
