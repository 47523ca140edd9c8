"""`bench gpu-check`: measures trainings on a GPU, for docs/gpu.md."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import options as opt
from bench.tables import Table

if TYPE_CHECKING:
    from bench.device_check.figures import Report


def gpu_check(
    out: Annotated[Path, typer.Option(help="JSON file.")] = Path("gpu-check.json"),
    device: opt.Device = "auto",
    smoke: Annotated[bool, typer.Option("--smoke", help="A few small networks only.")] = False,
) -> None:
    """Measure what a GPU does, in 4 minutes, without network or data; write it as JSON.

    Let nothing else run meanwhile. Without a GPU it measures small networks on the CPU.
    """
    with opt.user_errors():
        from bench.device_check.check import checked
        from bench.nn.device import device_named

        found = device_named(device)
        if found == "cpu":
            print("no GPU: CPU figures only")
        out.open("a").close()  # a wrong path fails now, not after 4 minutes
        report = checked(found, smoke=smoke, tell=print)
        out.write_text(json.dumps(report.as_json(), indent=1) + "\n")
        _show(report)
        print(f"{len(report.failures)} parts failed; all figures: {out}")


def _show(report: "Report") -> None:
    columns = ("training", "pictures/s", "of peak", "busy", "launches a step", "waits", "graphs")
    rows, peak = [], report.device.get("matmul_flops_per_s")
    for name, each in report.speed.items():
        share = f"{(each.flops_per_s or 0) / float(peak):.1%}" if peak else ""
        speed = f"{each.pictures_per_s:,.0f}"
        graphs = report.speed_with_graphs.get(name)
        calls = each.launches if report.gpu else each.operations
        row = (name, speed, share, f"{each.busy_share:.0%}", f"{calls:,.0f}", f"{each.waits:.1f}")
        rows.append((*row, f"{graphs.pictures_per_s:,.0f}" if graphs else ""))
    opt.show(Table("Trainings", columns, rows))
    for name, equal in report.equal.items():
        wanted = "within" if equal.distance <= equal.tolerance else "NOT within"
        print(f"{name}: {equal.distance:.1e} from the CPU, {wanted} {equal.tolerance}")
        if (distance := equal.distance_with_graphs) is not None:
            wanted = "within" if distance <= equal.tolerance_with_graphs else "NOT within"
            print(f"{name}: {distance:.1e} with graphs, {wanted} {equal.tolerance_with_graphs}")
    if quick := report.quick:
        about = f"{quick.stages_done} of {quick.stages} stages in {quick.seconds:.0f} s"
        print(f"quick: {about}, all in about {quick.expected_s:.0f} s")
