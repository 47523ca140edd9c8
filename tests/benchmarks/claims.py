"""How often verdicts are right: `python tests/benchmarks/claims.py [RUNS]` prints a table.

Attacks are simulated (tests/reports/simulated.py): one has the separability that is left, all
others nothing, and their noise is independent, which is the worst case on either side.
`bench run claims --seeds N` is the same with pictures and trained attackers.
"""

import sys
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
from bench.reports.evidence import Evidence
from bench.reports.lines import lines
from bench.reports.verdicts import verdict
from tests.reports import simulated

UNDEFENDED = 0.95
KINDS = {
    "closed, 12 people, 48 takes of 20": (simulated.CLOSED, "identity", {}),
    "open, 60 people of 50": (
        simulated.OPEN, "gender", {"n_people": 60, "n_takes": 1, "each": 50, "n_classes": 2},
    ),
}  # fmt: skip


def main(n_runs: int) -> None:
    """Prints how often each verdict was given, by what is left."""
    for name, (data, target, how) in KINDS.items():
        asked = simulated.asked(target=target, data=data)
        for left in (0.0, 0.1, 0.3):
            words = Counter()
            for run in range(n_runs):
                rng = np.random.default_rng(run)
                has = left * UNDEFENDED
                results = simulated.attacked(asked, rng, has, UNDEFENDED, by_one=True, **how)
                results = simulated.with_traces(results, rng, **how)
                (line,) = [line for line in lines(results) if not line.is_control]
                words[verdict(line, Evidence(results), ()).word] += 1
            print(f"{name}, {left:.0%} left: {dict(words)}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
