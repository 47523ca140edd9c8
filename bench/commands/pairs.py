"""`bench data pairs`: a matcher on the official pairs of LFW, by ten folds."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import options as opt
from bench.spec import Spec
from bench.tables import Table

if TYPE_CHECKING:
    from bench.api import Knowledge, Matcher
    from bench.data.lfw_pairs import Ids, LFWPairs
    from bench.faces import Faces
    from bench.metrics.ten_folds import FoldAccuracy
    from bench.runner.worker import Worker

_COLUMNS = (
    *("first picture", "second picture"),
    *("accuracy ± standard error, % (a guess: 50)", "95 % interval, %"),
)
_NOTE = "Means over the folds; a guess is right in 50 %. Intervals are Student's t over the folds."
_N_SHOWN = 20  # mated pairs that a frozen matcher gets, because its `fit` expects some


def pairs(
    matcher: Annotated[str, typer.Argument(help="A frozen one: matcher:backbone=sface,rounds=0")],
    data: Annotated[str, typer.Option(help="With other fields.")] = "lfw_pairs:size=112",
    defense: Annotated[str, typer.Option(help="Protects the pictures.")] = "none",
    device: opt.Device = "auto",
    plugin: opt.Plugins = None,
) -> None:
    """Print a matcher's accuracy on the 6,000 official pairs of LFW (View 2).

    Each fold is decided by the threshold that is best on the nine others.
    """
    with opt.user_errors(plugin):
        from bench.api import Dataset, Matcher
        from bench.data.lfw_pairs import LFWPairs
        from bench.nn.device import device_named
        from bench.registry import make
        from bench.runner.worker import Worker

        made, dataset = make(Matcher, Spec.parse(matcher)), make(Dataset, Spec.parse(data))
        if not isinstance(dataset, LFWPairs):
            raise ValueError(f"expected --data lfw_pairs, got {dataset.name}")
        if made.not_installed or not made.frozen:
            raise ValueError(made.not_installed or f"expected a frozen matcher, got {matcher}")
        worker = Worker(device_named(device))
        found = on_pairs(made, dataset, Spec.parse(defense), worker)
        rows = [[first, second, *in_percent(accuracy)] for first, second, accuracy in found]
        opt.show(Table(f"{matcher}, {defense}, on {data}", _COLUMNS, rows, _NOTE))


def on_pairs(
    matcher: "Matcher", data: "LFWPairs", defense: Spec, worker: "Worker"
) -> "Iterator[tuple[str, str, FoldAccuracy]]":
    """What the pictures of each pair are, and the accuracies.

    Raises:
        ValueError, OSError: if files are missing, or the defense needs labels or weights.
    """
    import numpy as np

    from bench.faces import Sample
    from bench.metrics.ten_folds import accuracy_by_folds
    from bench.runner.picture_files import Protector

    listed, faces = data.pairs(), data.load(worker.protecting()).faces
    some = np.unique([listed.first[:_N_SHOWN], listed.second[:_N_SHOWN]])
    knowledge = _knowledge(faces, some, data)
    weights = matcher.fit(knowledge, worker.training(np.random.default_rng(0)))
    images = {"raw": faces.images}
    if defense.name != "none":
        images["protected"] = Protector.of(defense, None, worker, 0).arrays(faces.images)
    made = {
        name: matcher.embed(Sample(shown), weights, worker.protecting())
        for name, shown in images.items()
    }
    for first, second in (("raw", "raw"), ("protected", "raw"), ("protected", "protected")):
        if {first, second} <= set(made):
            sides = made[first][listed.first], made[second][listed.second]
            scores = np.einsum("nd,nd->n", *sides, dtype=np.float64)  # (N,)
            yield first, second, accuracy_by_folds(scores, listed.mated, listed.fold)


def _knowledge(faces: "Faces", some: "Ids", data: "LFWPairs") -> "Knowledge":
    """What a frozen matcher gets: some pictures, and where faces stand in them."""
    import numpy as np

    from bench.api import Knowledge
    from bench.faces import Sample, Target

    person = np.asarray(faces.labels["identity"])[some]
    sample = Sample(faces.images[some], {"person": person, "identity": person})
    return Knowledge(
        sample, sample, None, Target("identity"), frozenset(), face_points=data.face_points
    )


def in_percent(found: "FoldAccuracy") -> tuple[str, str]:
    """The mean with its standard error, and its interval."""
    from scipy.special import stdtrit

    half = stdtrit(len(found.folds) - 1, 0.975) * found.standard_error
    low, high = max(0.0, found.mean - half), min(1.0, found.mean + half)
    mean = f"{100 * found.mean:.2f} ± {100 * found.standard_error:.2f}"
    return mean, f"{100 * low:.2f} to {100 * high:.2f}"
