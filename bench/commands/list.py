"""`bench list`: the plugins, threats and grids that are known."""

from typing import TYPE_CHECKING

from bench.commands import options as opt

if TYPE_CHECKING:
    from bench.api import Plugin

_STEPS = {"protect": " (used only in protect)", "path": " (a path)"}


def list_plugins(plugin: opt.Plugins = None) -> None:
    """List plugins with fields and sources, threats and grids; broken plugins with the reason."""
    with opt.user_errors(plugin):
        from rich.console import Console

        from bench.registry import KINDS, broken, controls, plugins
        from bench.runner.grid import bundled
        from bench.threats import FIELDS, THREATS

        console = Console()
        for kind in KINDS:
            for name, found in plugins(kind).items():
                control = " (control: in every task)" if name in controls() else ""
                console.print(f"\n{kind} {name}{control}", style="bold", markup=False)
                for line in described(found):
                    console.print(f"  {line}", markup=False, highlight=False)
        console.print(f"\nthreats: {', '.join(THREATS)} (fields: {', '.join(FIELDS)})")
        console.print(f"grids: {', '.join(bundled())}")
        for name, reason in broken().items():
            console.print(f"broken: {name}: {reason}", style="red", markup=False)


def described(plugin: "type[Plugin]") -> list[str]:
    """A plugin's first line, source, fields and presets, a line each."""
    from bench.plugin import bounds_of
    from bench.registry import fields_of

    text = (plugin.__doc__ or "").strip().splitlines()
    stripped = (line.strip() for line in text)
    source = next((line for line in stripped if line.startswith("Source:")), "Source: ?")
    lines = [text[0] if text else "", source]
    for item in fields_of(plugin):
        step = _STEPS.get(item.metadata.get("at", ""), "")
        default = "''" if item.default == "" else str(item.default)
        bounds = f"; in {found}" if (found := bounds_of(item)) else ""
        lines.append(f"{item.name}={default}: {item.metadata.get('about', '?')}{bounds}{step}")
    return lines + [f"@{preset}" for preset in plugin.presets]
