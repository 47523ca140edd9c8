"""What a run cost, from its costs.csv: each stage once, however many cells share it."""

from pathlib import Path

from bench.tables import Table, plain

STEPS = {  # kinds of stages that a reader may want to tell apart; all others are one step
    "fit": "train the defense",
    "protect": "protect pictures",
    "attack": "train the attacker",
    "answer": "answer about test pictures",
}
OTHERS = "prepare and measure"


def costs(path: Path) -> tuple[Table, float] | None:
    """Stages, seconds and memory by step and plugin, the longest first, and all seconds.

    None without the file.

    Raises:
        ValueError: if the file is not as bench writes it.
    """
    import pandas as pd  # here: `bench --help` does not wait for it

    if not path.is_file():
        return None
    try:
        stages = pd.read_csv(path, dtype={"device": str}, keep_default_na=False, na_values=[""])
        stages["device"] = stages["device"].fillna("")
        step = stages["action"].map(STEPS).fillna(OTHERS)
        plugin = stages["plugin"].astype(str).map(plain).where(step != OTHERS, "")
        rows = [
            (*about, len(some), float(some["seconds"].sum()), some["peak_memory_mb"].max(),
             ", ".join(sorted({*some["device"]} - {""})))
            for about, some in stages.groupby([step, plugin])
        ]  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"expected {path} as bench wrote it, got {error!r}; run the grid again"
        ) from error
    rows.sort(key=lambda row: -row[3])
    columns = ("step", "plugin", "stages", "seconds", "peak memory, MiB", "device")
    shown = [(*row[:3], f"{row[3]:.1f}", f"{row[4]:.0f}", row[5]) for row in rows]
    return Table("Costs", columns, shown), sum(row[3] for row in rows)
