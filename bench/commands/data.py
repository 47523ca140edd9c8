"""`bench data`: a look into a data set, and its pictures as files."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import options as opt
from bench.commands.export import export
from bench.commands.get import get
from bench.commands.pairs import pairs
from bench.names import file_name
from bench.spec import Spec
from bench.tables import Cell, Number, Table, write_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.api import Dataset
    from bench.audit.findings import Finding
    from bench.faces import Faces, Target

N_PAIRS = 20  # duplicates that are printed

data_app = typer.Typer(
    help="Get a data set, audit it, save its pictures, or hand them over.", no_args_is_help=True
)
data_app.command()(get)
data_app.command()(export)
data_app.command()(pairs)


@data_app.command()
def audit(
    data: Annotated[str, typer.Argument(help="A data set, e.g. lfw:protocol=open")],
    target: Annotated[
        opt.Names,
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
        from bench.api import Dataset
        from bench.audit.checks import audit as audit_of
        from bench.audit.findings import Finding
        from bench.registry import make, spec_of

        start = time.perf_counter()
        dataset = make(Dataset, Spec.parse(data))
        if judges and dataset.name != "synthetic":
            raise ValueError(f"expected synthetic with --judges, got {dataset.name}")
        if judges:
            from bench.audit.judged_people import judged_people

            findings = list(judged_people(dataset.seed))
        else:
            findings = list(audit_of(dataset, opt.store_at(store), target or []))
        out.mkdir(parents=True, exist_ok=True)
        columns = ("check", "about", "value", "n", "chance", "verdict", "how")
        title = str(spec_of(dataset, without=("path",)))
        pairs = [finding for finding in findings if finding.check == "pair"]
        others = [finding for finding in findings if finding.check != "pair"]
        table = Table(title, columns, list(map(_row, [*others, *pairs[:N_PAIRS]])))
        write_rows(out / "audit.csv", Finding._fields, map(_line, findings))
        opt.show(table)
        if len(pairs) > N_PAIRS:
            print(f"{len(pairs) - N_PAIRS} more duplicates in {out}/audit.csv")
        verdicts = [finding.verdict for finding in others]
        leaks = f"{verdicts.count('leaks')} of {len(verdicts)} findings leak"
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

        save_data(make(Dataset, Spec.parse(data)), role, out)


def save_data(dataset: "Dataset", role: str | None, out: Path) -> None:
    """Writes `out/PERSON/NUMBER.png`, and `out/labels.csv` with takes and labels.

    Raises:
        FileExistsError: if there is something in `out`.
        ValueError: if the role is unknown, or a picture has no identity.
    """
    from bench.api import ROLES
    from bench.data.protocols import PROBE_SHARE, parts
    from bench.reports.files import check_new, new_folder
    from bench.reports.sheet import picture_of
    from bench.runner.worker import Worker

    if role not in (None, *ROLES):
        raise ValueError(f"expected a role of {ROLES}, got {role!r}")
    check_new(out)
    faces, targets, _ = dataset.load(Worker().protecting())
    if role:
        probe = getattr(dataset, "probe", PROBE_SHARE)
        dealt = parts(faces, dataset.protocol, dataset.name, dataset.seed, probe=probe)
        faces = faces.pick(dealt.roles[role])
    columns = columns_of(faces, targets)
    columns.setdefault("identity", [f"{number:05d}" for number in range(len(faces))])
    if "path" in columns:
        raise ValueError("expected labels with other names than path, a column of labels.csv")
    if n_unknown := columns["identity"].count(""):
        raise ValueError(f"expected the identity of each picture, got {n_unknown} without one")
    people = {person: file_name(person) for person in columns["identity"]}
    paths = [f"{people[one]}/{number:05d}.png" for number, one in enumerate(columns["identity"])]
    with new_folder(out) as draft:
        for path, image in zip(paths, faces.images, strict=True):
            (draft / path).parent.mkdir(exist_ok=True)
            picture_of(image).save(draft / path)
        lines = zip(paths, *columns.values(), strict=True)
        write_rows(draft / "labels.csv", ("path", *columns), lines)


def columns_of(faces: "Faces", targets: "Sequence[Target]") -> dict[str, list[str]]:
    """The labels that `folder` reads, as text; of numbers, only those that `synthetic` has."""
    import numpy as np

    from bench.data.synthetic.pictures import ATTRIBUTES

    columns: dict[str, list[str]] = {}
    for target in targets:
        label = np.asarray(faces.labels[target.name])
        if target.kind == "categorical":
            names = (*target.classes, "")  # the last one for a missing label, -1
            columns[target.name] = [names[number] for number in label]
        elif target.name in ATTRIBUTES:
            columns[target.name] = ["" if np.isnan(number) else str(number) for number in label]
        else:
            print(f"left out: {target.name}, numbers that are not of {', '.join(ATTRIBUTES)}")
    if "take" in faces.labels:
        columns["take"] = list(map(str, faces.labels["take"]))
    return columns


def _line(finding: "Finding") -> list[object]:
    return [f"{c:.6g}".replace("nan", "") if isinstance(c, float) else c for c in finding]


def _row(finding: "Finding") -> "list[Cell]":
    counted = isinstance(finding.value, int)  # of pairs
    interval = Number(finding.value, finding.low, finding.high, "fraction")
    value, chance = finding.value if counted else interval, Number(finding.chance, unit="fraction")
    about = (finding.check, finding.about, value, finding.n, chance)
    return [*about, finding.verdict, finding.reason]
