"""`bench data`: a look into a data set, and its pictures as files."""

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.options import Plugins, StorePath, load_plugins, store_at, user_errors

if TYPE_CHECKING:
    from bench.api import Dataset
    from bench.audit.findings import Finding

data_app = typer.Typer(help="Look into a data set.", no_args_is_help=True)
_STYLES = {"ok": "green", "leaks": "bold red", "short": "bold red", "n/a": "dim"}


@data_app.command()
def audit(
    data: Annotated[str, typer.Argument(help="A data set, e.g. lfw:protocol=open")],
    target: Annotated[
        list[str] | None,
        typer.Option(help="What only faces should reveal. [default: identity, gender, ...]"),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of audit.csv.")] = Path("runs/audit"),
    store: StorePath = None,
    plugin: Plugins = None,
) -> None:
    """Find what a data set reveals by other means than faces, and whether its roles differ.

    Prints a table and writes audit.csv. A leak is a finding, not a failure: exit code 0.
    """
    with user_errors():
        load_plugins(plugin)
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        from bench.api import Dataset
        from bench.audit.checks import audit as audit_of
        from bench.audit.findings import Finding
        from bench.registry import make, spec_of
        from bench.reports.files import write_csv
        from bench.spec import Spec

        console, start = Console(), time.perf_counter()
        dataset = make(Dataset, Spec.parse(data))
        findings = list(audit_of(dataset, store_at(store), target or []))
        out.mkdir(parents=True, exist_ok=True)
        write_csv(out / "audit.csv", Finding._fields, map(_line, findings))
        title = Text(str(spec_of(dataset, without=("path",))))
        shown = Table(title=title, title_justify="left")
        for column in ("about", "value", "95 % interval", "chance", "n", "verdict", "how"):
            shown.add_column(column)
        for finding in findings:
            *texts, verdict, reason = _texts(finding)
            shown.add_row(*map(Text, texts), Text(verdict, _STYLES[verdict]), Text(reason))
        console.print(shown)
        n_leaks = sum(finding.verdict == "leaks" for finding in findings)
        took = f"{time.perf_counter() - start:.0f} s; {out}/audit.csv"
        text = f"{n_leaks} of {len(findings)} findings leak; {took}"
        console.print(text, highlight=False, markup=False, soft_wrap=True)


@data_app.command()
def save(
    data: Annotated[str, typer.Argument(help="A data set, e.g. synthetic:size=64")],
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    role: Annotated[
        str | None, typer.Option(help="Only those of defender, attacker or probe.")
    ] = None,
    plugin: Plugins = None,
) -> None:
    """Write the pictures of a data set to files, with labels.csv: as `folder` reads them."""
    with user_errors():
        load_plugins(plugin)
        from bench.api import Dataset
        from bench.registry import make
        from bench.spec import Spec

        save_data(make(Dataset, Spec.parse(data)), role, out)


def save_data(dataset: "Dataset", role: str | None, out: Path) -> None:
    """Writes `out/PERSON/NUMBER.png`, and `out/labels.csv` with takes and categorical labels.

    Args:
        dataset: to save.
        role: whose pictures; all by default.
        out: a new folder.

    Raises:
        FileExistsError: if there is something in `out`.
        ValueError: if the role is unknown.
    """
    import numpy as np

    from bench.api import ROLES
    from bench.data.protocols import parts
    from bench.reports.files import check_new, new_folder, write_csv
    from bench.reports.sheet import picture_of
    from bench.runner.worker import Worker

    if role not in (None, *ROLES):
        raise ValueError(f"expected a role of {ROLES}, got {role!r}")
    check_new(out)
    faces, targets = dataset.load(Worker().protecting())
    if role:
        dealt = parts(faces, dataset.protocol, dataset.name, dataset.seed)
        faces = faces.pick(dealt.roles[role])
    columns: dict[str, list[str]] = {}
    for target in targets:
        if target.kind == "categorical":
            names = np.append(target.classes, "")  # the last one for a missing label, -1
            columns[target.name] = names[np.asarray(faces.labels[target.name])].tolist()
    if "take" in faces.labels:
        columns["take"] = list(map(str, faces.labels["take"]))
    paths = [f"{person}/{number:05d}.png" for number, person in enumerate(columns["identity"])]
    with new_folder(out) as draft:
        for path, image in zip(paths, faces.images, strict=True):
            (draft / path).parent.mkdir(exist_ok=True)
            picture_of(image).save(draft / path)
        lines = zip(paths, *columns.values(), strict=True)
        write_csv(draft / "labels.csv", ("path", *columns), lines)


def _line(finding: "Finding") -> list[object]:
    return [
        ("" if math.isnan(cell) else f"{cell:.6g}") if isinstance(cell, float) else cell
        for cell in finding
    ]


def _texts(finding: "Finding") -> list[str]:
    def number(value: float) -> str:
        if math.isnan(value):
            return ""
        return str(value) if isinstance(value, int) else f"{value:.3f}"

    interval = "" if math.isnan(finding.low) else f"{finding.low:.3f}, {finding.high:.3f}"
    return [
        f"{finding.check}: {finding.about}",
        number(finding.value),
        interval,
        number(finding.chance),
        str(finding.n),
        finding.verdict,
        finding.reason,
    ]
