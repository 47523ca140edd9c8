"""What a question shows as soon as its attacks have ended, in one line."""

import numpy as np

from bench.api import Attacker
from bench.metrics.advantage import guessed, right_statistic
from bench.registry import brief, spec_of
from bench.reports.results import results
from bench.reports.selection import strongest
from bench.runner.plan import Goal, Plan
from bench.runner.store import Store


def glance(goal: Goal, plan: Plan, store: Store) -> str:
    """The share that the strongest attack on validation pictures gets right on the probe."""
    found = results(goal.cells, {cell: plan.of[cell].keys for cell in goal.cells}, store, {})
    choice = strongest(found, inverts=goal.cells[0].purpose != "utility")
    if choice is None:
        return "no answers"
    try:
        share = right_statistic(choice.probe, choice.sign)(np.ones((1, len(choice.probe))))[0]
    except ValueError:  # one class only among the probe pictures
        return "undefined"
    cell = choice.result.cell
    spec = spec_of(cell.attacker)
    of_name = {spec_of(one.attacker) for one in goal.cells if one.attacker.name == spec.name}
    attacker = spec.name if len(of_name) == 1 else brief(Attacker, spec)
    attack = f"{attacker} {cell.threat_spec}"
    return f"{share:.0%} right, chance {guessed(choice.probe):.0%} ({attack})"
