"""Whether a release leads back to the very picture that it was made from."""

import numpy as np

from bench.answers import Templates
from bench.metrics.identification import Search

_ROWS = 1024  # at once
_TIE = 1e-6  # of cosines: two products of the same templates round otherwise


def same_picture(raw: Templates, released: Templates) -> Search:
    """Ranks the raw picture behind each released one among one raw picture of everybody else.

    Of those who have several, the one with the lowest id is taken: ids are random. The attacker
    needs no other picture of the person; `identification.search` is about these.

    Args:
        raw: templates of raw pictures as those asked about.
        released: by the same matcher, of the same pictures as they were given out.

    Raises:
        ValueError: if they are about other pictures, or about one person.
    """
    order, again = np.argsort(raw.probe_image_id), np.argsort(released.probe_image_id)
    if not np.array_equal(raw.probe_image_id[order], released.probe_image_id[again]):
        raise ValueError("expected raw and released versions of the same pictures, got others")
    album, person = raw.probe[order], raw.probe_person[order]  # in the order of ids
    people, first = np.unique(person, return_index=True)
    if len(people) < 2:
        raise ValueError("expected pictures of two people or more, got one")
    asked, parts = released.probe[again], []
    for start in range(0, len(asked), _ROWS):
        rows = slice(start, start + _ROWS)
        own = (asked[rows] * album[rows]).sum(axis=1, keepdims=True)  # (n, 1)
        scores = asked[rows] @ album[first].T  # (n, P)
        scores[person[rows, None] == people] = -np.inf
        tied = abs(scores - own) <= _TIE
        better = (scores > own + _TIE).sum(axis=1)
        parts.append(
            (better, tied.sum(axis=1), own[:, 0], np.maximum(own[:, 0], scores.max(axis=1)))
        )
    better, ties, own, best = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Search(better, ties, own, best, person, np.ones(len(person), bool), len(people))
