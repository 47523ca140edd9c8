"""What a stage can do: one module per action, each `NAME(stage, inputs, worker) -> Artifact`."""

from collections.abc import Callable, Mapping, Sequence

from bench.runner.actions.answer import answer
from bench.runner.actions.attack import attack
from bench.runner.actions.encode import encode
from bench.runner.actions.fit import fit
from bench.runner.actions.load import load
from bench.runner.actions.measure import measure
from bench.runner.actions.plant import plant
from bench.runner.actions.protect import protect
from bench.runner.actions.reread import reread
from bench.runner.actions.shuffle import shuffle
from bench.runner.actions.split import split
from bench.runner.stage import Stage
from bench.runner.store import Artifact
from bench.runner.worker import Worker

Action = Callable[[Stage, Sequence[Artifact], Worker], Artifact]

ACTIONS: Mapping[str, Action] = {
    "load": load,
    "split": split,
    "plant": plant,
    "shuffle": shuffle,
    "fit": fit,
    "protect": protect,
    "encode": encode,
    "reread": reread,
    "measure": measure,
    "attack": attack,
    "answer": answer,
}
