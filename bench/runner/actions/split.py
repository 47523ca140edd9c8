"""Deals pictures to defender, attacker and probe."""

from collections.abc import Sequence
from typing import cast

from bench.api import Collection, Role
from bench.data.protocols import parts
from bench.runner.artifacts import faces_in, of_faces, targets_in
from bench.runner.stage import Stage
from bench.runner.store import Artifact
from bench.runner.worker import Worker


def split(stage: Stage, inputs: Sequence[Artifact], worker: Worker) -> Artifact:
    """The pictures of one role, with the masks `valid` and `gallery` (bench.data.protocols)."""
    whole = faces_in(inputs[0])
    role = cast(Role, stage.text("role"))
    seed = dict(stage.spec.fields)["seed"]
    dealt = parts(whole, stage.text("protocol"), stage.spec.name, seed)
    mine = dealt.roles[role]
    collection = Collection(whole.pick(mine), targets_in(inputs[0]))
    return of_faces(collection, valid=dealt.valid[mine], gallery=dealt.gallery[mine])
