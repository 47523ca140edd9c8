import numpy as np
import pytest

from bench.audit.audited_data import AuditedData
from bench.data.protocols import new_image_ids, parts
from bench.faces import Faces, Target

PEOPLE, TAKES, PICTURES, SIDE = 12, 4, 5, 24
N = PEOPLE * TAKES * PICTURES


@pytest.fixture
def honest():
    """A data set whose people differ in the middle of the picture only; arguments replace parts."""

    def make(protocol="closed", images=None, labels=None, sort=False, **parts_of_it):
        rng = np.random.default_rng(5)
        order = np.arange(N) if sort else rng.permutation(N)
        take = np.arange(N)[order] // PICTURES
        person = take // TAKES
        pixels = rng.integers(0, 256, (N, 3, SIDE, SIDE)).astype(np.uint8)
        marks = rng.integers(0, 256, (PEOPLE, 3, 4, 4)).astype(np.uint8)
        pixels[:, :, 10:14, 10:14] = marks[person] ^ rng.integers(0, 8, (N, 3, 4, 4), np.uint8)
        if images is not None:
            pixels = images(pixels, person).astype(np.uint8)
        known = {"identity": person, "take": take, "gender": person % 2} | (labels or {})
        targets = (
            Target("identity", "categorical", tuple(f"person {i}" for i in range(PEOPLE))),
            Target("gender", "categorical", ("female", "male")),
        )
        faces = Faces(pixels, known, new_image_ids(N, "honest"))
        roles = parts(faces, protocol, "honest").roles
        n_bytes = rng.integers(900, 1100, N)
        names = [f"{i:03}.png" for i in range(N)]
        data = AuditedData(faces, targets, roles, protocol, n_bytes, names, files=True)
        return data._replace(**{name: change(data) for name, change in parts_of_it.items()})

    return make
