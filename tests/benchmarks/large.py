"""Memory and seconds of a run on a large set: `python tests/benchmarks/large.py FOLDER [PICTURES]`.

200,000 pictures, as by default, take an hour and 41 GB of the folder, which must lie on a disk and
is kept: the same command goes on. `own` is memory that only programs can give back (PSS of
anonymous and shared memory); `all` has also the pages of files that are mapped, which the system
drops when it needs room. Linux only. Its figures are in docs/reliability.md.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

GRID = """
name = "large"
[[tasks]]
private = ["gender"]
utility = []
data = "synthetic:people={people},takes=10,pictures=10,size=112,protocol=open"
defenses = ["blur"]
attackers = ["nearest"]
threats = ["raw", "aware"]
"""
GO = [sys.executable, "-c", "from bench.cli import main; main()", "run", "grid.toml"]


def started(folder, n_pictures):
    (folder / "grid.toml").write_text(GRID.format(people=n_pictures // 100))
    options = ["--workers", "1", "--device", "cpu", "--store", "store", "--out", "out"]
    own = {"OMP_NUM_THREADS": "1", "TMPDIR": str(folder), "BENCH_SCRATCH": str(folder / "scratch")}
    return subprocess.Popen(
        [*GO, *options], cwd=folder, env=os.environ | own, start_new_session=True
    )


def memory(session):
    """GB of all processes of a session: (own, all)."""
    own = whole = 0
    for path in Path("/proc").glob("[0-9]*/smaps_rollup"):
        try:
            if os.getsid(int(path.parent.name)) != session:
                continue
            lines = [line.split() for line in path.open()][1:]
        except OSError:  # it has ended
            continue
        kib = {name: int(number) for name, number, _ in lines}
        own += kib["Pss_Anon:"] + kib["Pss_Shmem:"]
        whole += kib["Pss:"]
    return own / 2**20, whole / 2**20


def stages(store):
    return {*store.glob("*/stage.json"), *store.glob("shuffled/*/stage.json")}


def watched(process, store):
    """By action: (seconds, peak own, peak all), until the process ends; one stage runs at once."""
    spent, seen = defaultdict(lambda: (0.0, 0.0, 0.0)), stages(store)
    since, peak, ended = time.monotonic(), (0, 0), False
    while not ended:
        time.sleep(0.5)
        ended = process.poll() is not None
        peak = tuple(map(max, peak, memory(process.pid)))
        new = stages(store) - seen
        actions = ["records"] if ended else [json.loads(p.read_text())["action"] for p in new]
        for action in actions:
            seconds, *before = spent[action]
            passed = (time.monotonic() - since) / len(actions)
            spent[action] = (seconds + passed, *map(max, before, peak))
        if actions:
            seen, since, peak = seen | new, time.monotonic(), (0, 0)
    return spent


def main():
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=Path)
    options.add_argument("pictures", type=int, nargs="?", default=200_000)
    asked = options.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    process = started(asked.folder.resolve(), asked.pictures)
    spent = watched(process, asked.folder / "store")
    stored = sum(path.stat().st_size for path in asked.folder.rglob("*.npy"))
    n_records = len((asked.folder / "out" / "records.csv").read_text().splitlines()) - 1
    print("\naction | seconds | own, GB | all, GB")
    for action, (seconds, own, whole) in spent.items():
        print(f"{action} | {seconds:.0f} | {own:.2f} | {whole:.2f}")
    print(f"store {stored / 2**30:.1f} GB, {n_records} records, exit code {process.returncode}")


if __name__ == "__main__":
    main()
