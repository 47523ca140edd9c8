"""Draws curves; apart from what computes them, so that a drawing is kept until this changes."""

import base64
import io
from collections.abc import Sequence
from textwrap import wrap

Line = tuple[str, Sequence[float], Sequence[float]]  # its name, and its points: x and y


def panels(axes_names: tuple[str, str], curves: Sequence[tuple[str, Sequence[Line]]]) -> str:
    """A PNG in base64 of rates 0..1 with a panel for each title; chance is the diagonal."""
    from matplotlib.figure import Figure  # here: it is slow to import

    n_columns = min(3, max(1, len(curves)))
    n_rows = max(1, -(-len(curves) // n_columns))
    figure = Figure((4 * n_columns, 4 * n_rows), layout="constrained")
    for number, (title, lines) in enumerate(curves, start=1):
        axes = figure.add_subplot(n_rows, n_columns, number)
        for name, x, y in lines:
            axes.plot(x, y, label=name, linewidth=1)
        axes.plot((0, 1), (0, 1), color="lightgrey")
        axes.set_title("\n".join(wrap(title, 50)), fontsize=8)
        axes.set(xlabel=axes_names[0], ylabel=axes_names[1])
        axes.legend(fontsize=6)
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=100)
    return base64.b64encode(drawn.getvalue()).decode()
