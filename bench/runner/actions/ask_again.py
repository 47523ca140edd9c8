"""Asks a fitted defense again about pictures that it has protected, in other company."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from bench.api import Context, Defense, Described, Weights
from bench.described import rendered, y_of
from bench.faces import Array, Faces, Release
from bench.forensics import stability
from bench.forensics.stability import CODES, Floats, Ids
from bench.registry import make
from bench.runner.actions.encode import codes_of
from bench.runner.actions.protect import checked, contexts
from bench.runner.artifacts import Artifact, Inputs, faces_in, inputs_in, notes_in
from bench.runner.rng import generator
from bench.runner.shown import anonymous
from bench.runner.stage import Stage
from bench.runner.worker import Worker

ROLES = ("probe", "attacker")


def ask_again(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """How much the answers differ from those of the stages `protect` and `encode`.

    Args:
        stage: the defense, with `seed` and `query` as of these stages.
        inputs: of `probe` and `attacker`, `ROLE_faces`, `ROLE_release` and, where codes are given
            out, `ROLE_codes`; and the `weights`.
        worker: has the device.

    Gives by question (bench.forensics.stability) the largest difference of each picture, float32
    (n,), in grey levels, and of each code, in standard deviations. The meta entry `failures` has
    by question the error that came instead.
    """
    defense = make(Defense, stage.full_spec)
    ids = [int(inputs.one(f"{role}_faces").arrays["image_id"][0]) for role in ROLES]
    # No author of a plugin knows these ids, so none knows the sizes that will be asked about.
    rng = generator("ask_again", stage.number("seed"), defense.name, *ids)
    asked = _asked(stage, defense, inputs, worker, rng)
    arrays, failures = dict[str, Array](), dict[str, str]()
    for name, ask in asked.questions(rng):
        try:
            arrays[name] = ask()
        except (Exception, SystemExit) as error:  # it did not raise before
            failures[name] = f"{type(error).__name__}: {error}"
    return Artifact(arrays, meta={"failures": failures})


@dataclass(frozen=True)
class _Asked:
    """A defense, and pictures of the probe, then of the attacker, with what it made of them.

    `given` has `images`, and where there are any `codes` and `y`. `context` is that of the stage
    `protect`: the same generator for each picture.
    """

    defense: Defense
    weights: Weights
    faces: Faces
    given: Mapping[str, Array]
    n_probe: int
    context: Callable[[Ids], Context]

    def questions(self, rng: np.random.Generator) -> Iterator[tuple[str, Callable[[], Floats]]]:
        """The names of the questions, with what asks them."""
        n_attacker = len(self.faces) - self.n_probe
        asked = stability.questions(self.n_probe, n_attacker, rng, self.defense.works_on)
        for name, groups in asked.items():
            yield name, partial(_joined, self._pictures, groups)
            if "codes" in self.given:
                yield name + CODES, partial(_joined, self._codes, groups)
        if isinstance(self.defense, Described) and n_attacker:
            yield "y alone", partial(self._rendered, self.defense)

    def _arguments(self, at: Ids) -> tuple[Faces, Weights, Context]:
        names = self.defense.reads_to_protect
        declared = names, f"{type(self.defense).__name__}.reads_to_protect"
        faces = self.faces.pick(at)
        shown = anonymous(faces, slice(None), *declared)
        return shown, self.weights, self.context(faces.image_id)

    def _pictures(self, at: Ids) -> Floats:
        return self._gap(self.defense.protect(*self._arguments(at)), at)

    def _gap(self, release: Release, at: Ids) -> Floats:
        images, _ = checked(release, self.faces.pick(at), self.defense.name)
        return stability.grey_levels(images, self.given["images"][at].astype(np.uint8))

    def _codes(self, at: Ids) -> Floats:
        codes = np.asarray(self.given["codes"], np.float32)
        again = codes_of(self.defense, *self._arguments(at))
        return stability.code_gap(again, codes[at], stability.code_spread(codes))

    def _rendered(self, defense: Described) -> Floats:
        """The pictures of the probe from their stored y, after it described the attacker's."""
        probe, others = np.split(np.arange(len(self.faces)), [self.n_probe])
        y_of(defense, *self._arguments(others))
        faces, weights, context = self._arguments(probe)
        y = np.asarray(self.given["y"][probe], np.float32)
        images = rendered(defense, y, faces.images.shape[1:], weights, context)
        return self._gap(Release(images), probe)


def _joined(ask: Callable[[Ids], Floats], groups: stability.Groups) -> Floats:
    return np.concatenate([ask(group) for group in groups])


def _asked(
    stage: Stage, defense: Defense, inputs: Inputs, worker: Worker, rng: np.random.Generator
) -> _Asked:
    """The defense, with some pictures of each role at random, or the probe if it works on sets."""
    names = defense.reads_to_protect
    parts, given = list[Faces](), list[dict[str, Array]]()
    for role in ROLES:
        faces = faces_in(inputs.one(f"{role}_faces"))
        at = stability.chosen(len(faces), role, rng, defense.works_on)
        parts.append(faces.pick(at))
        given.append({name: array[at] for name, array in _given(inputs, defense, role)})
    faces = Faces(
        np.concatenate([part.images for part in parts]),
        {name: np.concatenate([part.labels[name] for part in parts]) for name in names},
        np.concatenate([part.image_id for part in parts]),
    )

    context = contexts(stage, defense, inputs, worker, "", *(f"{role}_faces" for role in ROLES))
    weights = inputs.one("weights").weights if inputs["weights"] else {}
    both = {name: np.concatenate([part[name] for part in given]) for name in given[0]}
    return _Asked(defense, weights, faces, both, len(parts[0]), context)


def _given(inputs: Inputs, defense: Defense, role: str) -> Iterator[tuple[str, Array]]:
    """What the defense gave out of a role's pictures."""
    release = inputs.one(f"{role}_release")
    yield "images", inputs_in(release)
    if f"{role}_codes" in inputs:
        yield "codes", inputs_in(inputs.one(f"{role}_codes"))
    if isinstance(defense, Described):
        yield "y", notes_in(release)["y"]
