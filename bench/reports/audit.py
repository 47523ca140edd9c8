"""One audit of a data set on this machine: look, write, print."""

import math
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.api import Dataset
from bench.audit.findings import Finding
from bench.audit.whole import audit
from bench.registry import spec_of
from bench.reports.files import write_findings
from bench.runner.store import Store

_STYLES = {"ok": "green", "leaks": "bold red", "short": "bold red", "n/a": "dim"}


def run_audit(data: Dataset, store: Store, out: Path, targets: Sequence[str]) -> None:
    """Audits the data set, writes audit.csv to `out` and prints it."""
    console = Console()
    start = time.perf_counter()
    findings = list(audit(data, store, targets))
    out.mkdir(parents=True, exist_ok=True)
    write_findings(findings, out / "audit.csv")
    shown = Table(title=Text(str(spec_of(data, without=("place",)))), title_justify="left")
    for column in ("about", "value", "95 % interval", "chance", "n", "verdict", "how"):
        shown.add_column(column)
    for finding in findings:
        shown.add_row(*_cells(finding))
    console.print(shown)
    seconds = time.perf_counter() - start
    n_leaks = sum(finding.verdict == "leaks" for finding in findings)
    told = f"{n_leaks} of {len(findings)} findings leak; {seconds:.0f} s; {out}/audit.csv"
    console.print(told, highlight=False, markup=False, soft_wrap=True)


def _cells(finding: Finding) -> list[Text]:
    interval = "" if math.isnan(finding.low) else f"{finding.low:.3f}, {finding.high:.3f}"
    texts = (
        f"{finding.check}: {finding.about}",
        _number(finding.value),
        interval,
        _number(finding.chance),
        str(finding.n),
    )
    verdict = Text(finding.verdict, _STYLES[finding.verdict])
    return [*map(Text, texts), verdict, Text(finding.reason)]


def _number(value: float) -> str:
    if math.isnan(value):
        return ""
    return str(value) if isinstance(value, int) else f"{value:.3f}"
