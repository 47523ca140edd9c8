"""The values that metrics take, by name: answers, side information, and what follows from them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.answers import Answers, AnyAnswers, Numbers, Templates
from bench.metrics.identification import same_picture, search, sizes
from bench.metrics.intervals import Ids
from bench.metrics.pairs import Comparison, comparison

Given = Mapping[str, Callable[[], Any]]  # each is computed when it is first needed


def given(answers: AnyAnswers, side_info: Mapping[str, Any]) -> Given:
    """All that metrics of these answers may take.

    `answers_of_people` are the answers with the `people` of the side information, where their own
    people are takes. Side information, as far as known: `people`, `gender` and `target_identity`
    (the class that the defense shows), int64 (N,); `mistaken` (the defense took the label for
    another one), bool (N,); `valid`, the attacker's answers about its validation part;
    `raw_gallery`, the matcher's templates of the codes of the raw pictures.

    Raises:
        ValueError: if templates allow no comparison.
    """
    if isinstance(answers, Templates):
        return _of_templates(answers, side_info)
    if isinstance(answers, Numbers):
        return known({name: getattr(answers, name) for name in ("values", "truth", "person")})
    people = replace(answers, person=side_info.get("people", answers.person))
    found = known({**side_info, "answers": answers, "answers_of_people": people})
    found |= known({"n_classes": answers.scores.shape[1]})
    if "mistaken" in side_info:
        wrong = side_info["mistaken"]
        found["answers_mistaken"] = lambda: _some(answers, wrong)
        found["answers_not_mistaken"] = lambda: _some(answers, ~wrong)
    return found


def known(values: Mapping[str, Any]) -> dict[str, Callable[[], Any]]:
    """Values that need no computing; None is not known."""
    return {name: lambda v=value: v for name, value in values.items() if value is not None}  # type: ignore[misc]


def _of_templates(answers: Templates, side_info: Mapping[str, Any]) -> Given:
    pairs, found = comparison(answers), search(answers)
    values = known({"templates": answers, "pairs": pairs, "search": found})
    values |= known({"gallery_sizes": sizes(found.n_enrolled)})
    if "gender" in side_info:
        values["pairs_of_one_gender"] = cache(lambda: _of_one_gender(answers, side_info["gender"]))
    if isinstance(raw := side_info.get("raw_gallery"), Templates):
        values["search_same_picture"] = cache(lambda: same_picture(raw, answers))
        values |= known({"raw_gallery_sizes": sizes(len(np.unique(raw.probe_person)))})
    return values


def _of_one_gender(answers: Templates, gender: Ids) -> Comparison:
    """The pairs of people of one gender; people without a probe picture are compared to nobody."""
    group = 2 + np.arange(max(answers.probe_person.max(), answers.gallery_person.max()) + 1)
    group[answers.probe_person] = gender
    return comparison(answers, group)


def _some(answers: Answers, chosen: NDArray[np.bool_]) -> Answers:
    if not chosen.any():
        raise ValueError("there are no such pictures")
    return answers.pick(chosen)
