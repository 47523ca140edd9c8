"""Kills runs, damages stores and feeds hostile files, many times; prints a line per kind.

Not part of the test suite: `python tests/soak.py [--kills 200] [--damages 30] [--hostile 400]`
takes about half an hour on two cores. Its figures are in docs/reliability.md.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from PIL import Image  # noqa: E402
from typer.testing import CliRunner  # noqa: E402

from bench.cli import app  # noqa: E402
from tests.runner.test_damage import files  # noqa: E402  (the folder is not a package elsewhere)
from tests.runner.test_killed_runs import GRID, stages  # noqa: E402
from tests.runner.test_store import DAMAGE  # noqa: E402

GO = [sys.executable, "-c", "from bench.cli import main; main()", "run", "grid.toml"]
PLUGIN = ["--plugin", str(HERE / "plugins" / "basic.py"), "--device", "cpu"]
COLUMNS = ["path", "identity", "gender", "take", "AU12", "person"]


def started(folder, store, out):
    options = [*PLUGIN, "--store", str(store), "--out", str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "BENCH_SCRATCH": str(folder / "scratch")}
    return subprocess.Popen(
        [*GO, *options],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finished(folder, store, out):
    process = started(folder, store, out)
    text = process.communicate(timeout=600)[0]
    return process.returncode, text, (Path(out) / "records.csv").read_bytes()


def children(pid):
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in found.read_text().split()] if found.exists() else []


def kills(folder, expected, n, rng):
    """(kills, entries lost, entries made again, campaigns whose records differ)."""
    done = lost = again = differ = 0
    while done < n:
        with TemporaryDirectory(dir=folder) as campaign:
            store, before = Path(campaign) / "store", {}
            for _ in range(rng.randint(1, 6)):
                process = started(folder, store, f"{campaign}/out")
                time.sleep(rng.uniform(0.5, 8))
                victims = {"parent": [process.pid], "worker": children(process.pid)}
                victims["group"] = [process.pid]
                kind = rng.choice([kind for kind, pids in victims.items() if pids])
                if process.poll() is None:
                    pid = rng.choice(victims[kind])
                    kill = os.killpg if kind == "group" else os.kill
                    kill(pid, signal.SIGKILL)
                    done += 1
                process.communicate(timeout=600)  # after the death of a worker the run goes on
                now = stages(store) if store.exists() else {}
                lost += len(before.keys() - now.keys())
                again += sum(before[key] != now[key] for key in before.keys() & now.keys())
                before = now
            code, text, records = finished(folder, store, f"{campaign}/out")
            now = stages(store)
            lost += len(before.keys() - now.keys())
            again += sum(before[key] != now[key] for key in before.keys() & now.keys())
            if code or records != expected:
                differ += 1
                print(text)
            print("  kills, lost, made again, differ:", done, lost, again, differ, flush=True)
    return done, lost, again, differ


def damages(folder, expected, n, rng):
    """(damages, named and healed, wrong numbers), one after another in one store."""
    store = folder / "damaged"
    finished(folder, store, folder / "out")
    named = wrong = 0
    for number in range(n):
        read = sorted(store.glob("*/stage.json"))  # of all kinds, also those that nothing reads now
        entry = rng.choice(read).parent
        path = rng.choice(files(entry))
        DAMAGE[rng.choice(list(DAMAGE))](path)
        for other in read:  # so that it is read: all that was made later goes
            if other.parent != entry and other.stat().st_mtime > entry.stat().st_mtime:
                other.unlink()
        code, text, records = finished(folder, store, folder / "out")
        if code or records != expected:
            wrong += 1
            print(text, flush=True)
        checked = subprocess.run(
            [*GO[:3], "store", "verify", "--store", str(store)], capture_output=True, text=True
        )
        named += entry.name[:12] in text or entry.name[:12] in checked.stdout
        print(f"  {number}: {path.name} of {entry.name[:12]}", flush=True)
    return n, named, wrong


def hostile(folder, n, rng):
    """(inputs tried, ends other than rc 2 with one line, files written elsewhere)."""
    wrong, at_home = 0, Path.cwd()
    place = folder / "hostile"
    place.mkdir()
    os.chdir(place)
    for number in range(n):
        with TemporaryDirectory(dir=place) as name:
            command = (_bad_manifest if number % 2 else _bad_picture)(Path(name), rng)
            before = set(folder.rglob("*"))
            done = CliRunner().invoke(app, [*command, "--store", f"{folder}/s{number}"])
            lines = done.stderr.strip().splitlines()
            if done.exit_code != 2 or len(lines) != 1 or not lines[0].startswith("bench: "):
                wrong += 1
                print(f"  {number}: rc {done.exit_code} {done.exception!r}\n{done.stderr[-2000:]}")
            new = set(folder.rglob("*")) - before
            wrong += any(not path.is_relative_to(f"{folder}/s{number}") for path in new)
    os.chdir(at_home)
    return n, wrong


def _bad_manifest(folder, rng):
    """`bench plan` on a CSV file that cannot be right."""
    cells = ["../../x.png", "/etc/passwd", "a\0b", "=1+1", "\u202e", "x" * 200_000, "nan", "-1e9"]
    rows = [[rng.choice(cells) for _ in COLUMNS] for _ in range(rng.randint(0, 9))]
    text = "\n".join(",".join(row) for row in [COLUMNS, *rows])
    content = [
        rng.randbytes(rng.randint(0, 3000)),
        Path(sys.executable).read_bytes()[:2000],
        text.encode("utf-16-le"),
        text.replace("identity", "identity,identity").encode(),
        f'"{text}'.encode(),
        text.encode() + b"\xff\xfe\xe9",
        text.replace("path", rng.choice(["", "Path", "pfad"])).encode(),
        text.encode(),
    ]
    (folder / "m.csv").write_bytes(rng.choice(content))
    return ["plan", "--data", f"folder:root={folder},manifest=m.csv,protocol=closed"]


def _bad_picture(folder, rng):
    """`bench data audit` of a folder of good pictures, one of which is not."""
    for person in range(4):
        for number in range(4):
            path = folder / f"person {person}" / f"{number}.png"
            path.parent.mkdir(exist_ok=True)
            Image.effect_noise((40, 40), 50).convert("RGB").save(path)
    good = path.read_bytes()
    cut = rng.randrange(30, len(good) // 2)  # the last bytes of a PNG say nothing
    size = rng.choice([0, 2**31 - 1, 10**5]).to_bytes(4, "big")
    path.write_bytes(
        rng.choice(
            [
                b"",
                good[:cut],
                rng.randbytes(500),
                good[:16] + size * 2 + good[24:],
                b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
                b"<svg xmlns='http://www.w3.org/2000/svg'/>",
                good[:cut] + rng.randbytes(20) + good[cut + 20 :],
            ]
        )
    )
    return ["data", "audit", f"folder:root={folder},size=32,protocol=closed"]


def main():
    options = argparse.ArgumentParser()
    for name, default in (("kills", 200), ("damages", 30), ("hostile", 400), ("seed", 0)):
        options.add_argument(f"--{name}", type=int, default=default)
    asked = options.parse_args()
    rng = random.Random(asked.seed)
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "grid.toml").write_text(GRID)
        code, text, expected = finished(folder, folder / "store", folder / "out")
        assert not code, text
        print("hostile inputs, wrong ends:", *hostile(folder, asked.hostile, rng), flush=True)
        print("damages, named, wrong:", *damages(folder, expected, asked.damages, rng), flush=True)
        print("kills, lost, made again, differ:", *kills(folder, expected, asked.kills, rng))


if __name__ == "__main__":
    main()
