"""Splits pictures into defender, attacker and probe."""

from typing import cast

from bench.api import Collection, Role
from bench.data.protocols import parts
from bench.runner.artifacts import Inputs, faces_in, of_faces, targets_in
from bench.runner.stage import Stage
from bench.runner.store import Artifact
from bench.runner.worker import Worker


def split(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """The pictures of one role, with the masks `valid` and `gallery` (bench.data.protocols)."""
    loaded = inputs.one("whole")
    whole = faces_in(loaded)
    role = cast(Role, stage.text("role"))
    seed = dict(stage.spec.fields)["seed"]
    dealt = parts(whole, stage.text("protocol"), stage.spec.name, seed)
    mine = dealt.roles[role]
    collection = Collection(whole.pick(mine), targets_in(loaded))
    return of_faces(collection, valid=dealt.valid[mine], gallery=dealt.gallery[mine])
