"""`bench data export`: hands pictures to somebody who protects them elsewhere."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import options as opt
from bench.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.api import Dataset

_ASK = """\
Protect each picture of attacker/ and probe/, and return both folders with the same file names (the
suffix may differ). If only probe/ is protected, what attackers could learn stays unknown.
A defense may learn from defender/, whose labels.csv says what the pictures show.
"""


def export(
    data: Annotated[str, typer.Argument(help="A data set, e.g. folder:root=photos")],
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    label: Annotated[
        opt.Names, typer.Option(help="Give this label of attacker and probe as well.")
    ] = None,
    plugin: opt.Plugins = None,
) -> None:
    """Write the photographs under opaque names, for somebody who protects them elsewhere.

    A folder for each role; labels only where the defense may read them. `bench run --protected`
    takes what comes back.
    """
    with opt.user_errors(plugin):
        from bench.api import Dataset
        from bench.registry import make

        n_files = export_data(make(Dataset, Spec.parse(data)), out, label or ())
        counts = ", ".join(f"{n} in {role}/" for role, n in n_files.items())
        print(f"{counts} below {out}/. When attacker/ and probe/ have come back protected, run\n")
        print(f"  bench run GRID --data '{data}' --protected RETURNED")


def export_data(dataset: "Dataset", out: Path, shown: "Sequence[str]" = ()) -> "Mapping[str, int]":
    """Writes `out/ROLE/NAME` and labels; the number of files of each role.

    The defender's labels are all written, of other roles those in `shown`.

    Raises:
        FileExistsError: if there is something in `out`.
        ValueError: if a label is unknown.
    """
    from itertools import compress

    from bench.api import ROLES
    from bench.commands.data import columns_of
    from bench.data.copies import copied, drawn
    from bench.data.protocols import PROBE_SHARE, parts
    from bench.reports.files import check_new, new_folder
    from bench.runner.worker import Worker
    from bench.tables import write_rows

    check_new(out)
    faces, targets, _ = dataset.load(Worker().protecting())
    columns, originals = columns_of(faces, targets), dataset.originals()
    if unknown := sorted({*shown} - {*columns}):
        raise ValueError(f"expected labels of {dataset.name} ({sorted(columns)}), got {unknown}")
    how = (dataset.protocol, dataset.name, dataset.seed)
    dealt = parts(faces, *how, probe=getattr(dataset, "probe", PROBE_SHARE))
    n_files = dict[str, int]()
    with new_folder(out) as draft:
        (draft / "README.txt").write_text(_ASK)
        for role in ROLES:
            mine, folder = dealt.roles[role], draft / role
            folder.mkdir()
            if originals:
                files = copied(list(compress(originals, mine)), folder)
            else:
                files = drawn(faces.images[mine], folder)
            n_files[role] = len(set(files))
            if names := list(columns) if role == "defender" else shown:
                cells = (compress(columns[name], mine) for name in names)
                lines = zip((file.name for file in files), *cells, strict=True)
                write_rows(folder / "labels.csv", ("path", *names), sorted(lines))
    return n_files
