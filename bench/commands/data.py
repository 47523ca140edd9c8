"""`bench data`: a look into a data set, and its pictures as files."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import options as opt

if TYPE_CHECKING:
    from bench.api import Dataset
    from bench.audit.findings import Finding
    from bench.tables import Cell

data_app = typer.Typer(help="Audit a data set, or save its pictures.", no_args_is_help=True)


@data_app.command()
def audit(
    data: Annotated[str, typer.Argument(help="A data set, e.g. lfw:protocol=open")],
    target: Annotated[
        list[str] | None,
        typer.Option(
            help="Labels that only faces should reveal.", show_default="identity, gender, ..."
        ),
    ] = None,
    judges: Annotated[
        bool,
        typer.Option("--judges", help="Only ask published judges (`bench judges`) of `synthetic`."),
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder of audit.csv.")] = Path("runs/audit"),
    store: opt.StorePath = None,
    plugin: opt.Plugins = None,
) -> None:
    """Find what a data set reveals besides faces, and whether its roles differ.

    Prints a table and writes audit.csv. A leak is a finding, not a failure: exit code 0.
    """
    with opt.user_errors(plugin):
        from rich.console import Console

        from bench.api import Dataset
        from bench.audit.checks import audit as audit_of
        from bench.audit.findings import Finding
        from bench.registry import make, spec_of
        from bench.spec import Spec
        from bench.tables import Table, terminal, write_rows

        start = time.perf_counter()
        dataset = make(Dataset, Spec.parse(data))
        if judges:
            findings = _judged(dataset)
        else:
            findings = list(audit_of(dataset, opt.store_at(store), target or []))
        out.mkdir(parents=True, exist_ok=True)
        columns = ("check", "about", "value", "n", "chance", "verdict", "how")
        title = str(spec_of(dataset, without=("path",)))
        table = Table(title, columns, list(map(_row, findings)))
        write_rows(out / "audit.csv", Finding._fields, map(_line, findings))
        Console().print(terminal(table))
        verdicts = [finding.verdict for finding in findings]
        leaks = f"{verdicts.count('leaks')} of {len(findings)} findings leak"
        short = f", {verdicts.count('short')} fall short" if "short" in verdicts else ""
        print(f"{leaks}{short}; {time.perf_counter() - start:.0f} s; {out}/audit.csv")


@data_app.command()
def save(
    data: Annotated[str, typer.Argument(help="A data set, e.g. synthetic:size=64")],
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    role: Annotated[
        str | None, typer.Option(help="Only those of defender, attacker or probe.")
    ] = None,
    plugin: opt.Plugins = None,
) -> None:
    """Write pictures and labels.csv in the format of `folder`."""
    with opt.user_errors(plugin):
        from bench.api import Dataset
        from bench.registry import make
        from bench.spec import Spec

        save_data(make(Dataset, Spec.parse(data)), role, out)


def save_data(dataset: "Dataset", role: str | None, out: Path) -> None:
    """Writes `out/PERSON/NUMBER.png`, and `out/labels.csv` with takes and categorical labels.

    Raises:
        FileExistsError: if there is something in `out`.
        ValueError: if the role is unknown.
    """
    import numpy as np

    from bench.api import ROLES
    from bench.data.protocols import parts
    from bench.reports.files import check_new, new_folder
    from bench.reports.sheet import picture_of
    from bench.runner.worker import Worker
    from bench.tables import write_rows

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
    people = dict.fromkeys(columns["identity"])
    if wrong := [name for name in people if name in ("", "..") or Path(name).name != name]:
        raise ValueError(f"expected people with names that a folder can have, got {wrong}")
    paths = [f"{person}/{number:05d}.png" for number, person in enumerate(columns["identity"])]
    with new_folder(out) as draft:
        for path, image in zip(paths, faces.images, strict=True):
            (draft / path).parent.mkdir(exist_ok=True)
            picture_of(image).save(draft / path)
        lines = zip(paths, *columns.values(), strict=True)
        write_rows(draft / "labels.csv", ("path", *columns), lines)


def _judged(dataset: "Dataset") -> "list[Finding]":
    """What published judges say of synthetic people with the seed of the data set.

    Raises:
        ValueError: if it is another data set.
    """
    from bench.audit.judged_people import judged_people
    from bench.data.synthetic.dataset import Synthetic

    if not isinstance(dataset, Synthetic):
        raise ValueError(f"expected synthetic with --judges, got {dataset.name}")
    return list(judged_people(dataset.seed))


def _line(finding: "Finding") -> list[object]:
    return [f"{c:.6g}".replace("nan", "") if isinstance(c, float) else c for c in finding]


def _row(finding: "Finding") -> "list[Cell]":
    from bench.tables import Number

    counted = isinstance(finding.value, int)  # of pairs
    interval = Number(finding.value, finding.low, finding.high, "fraction")
    value, chance = finding.value if counted else interval, Number(finding.chance, unit="fraction")
    about = (finding.check, finding.about, value, finding.n, chance)
    return [*about, finding.verdict, finding.reason]
