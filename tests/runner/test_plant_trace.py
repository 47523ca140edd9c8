"""A trace of the raw picture in a release."""

from types import SimpleNamespace

import numpy as np
import pytest

from bench.api import Collection
from bench.faces import Faces
from bench.runner.artifacts import Inputs, inputs_in, notes_in, of_faces, of_release
from bench.runner.controls.plant_trace import plant_trace


def planted(release, raw, share="0.1", **notes):
    faces = of_faces(Collection(Faces(raw, {}, np.arange(len(raw))), ()))
    stage = SimpleNamespace(text={"share": share}.__getitem__)
    return plant_trace(stage, Inputs(release=(of_release(release, notes),), faces=(faces,)), None)


def test_pictures_are_mixed_and_rounded():
    release = np.full((2, 3, 4, 4), 100, np.uint8)
    raw = np.stack([np.zeros((3, 4, 4), np.uint8), np.full((3, 4, 4), 207, np.uint8)])
    made = planted(release, raw, c=np.arange(2))
    mixed = inputs_in(made)
    assert mixed.dtype == np.uint8
    assert (mixed[0] == 90).all()
    assert (mixed[1] == 111).all()  # 90 + 20.7
    assert notes_in(made)["c"].tolist() == [0, 1]
    assert (inputs_in(planted(release, raw, "0.5"))[1] == 154).all()  # 153.5, to even


def test_codes_get_a_trace_of_their_own_spread(rng):
    raw = rng.integers(0, 256, (300, 3, 32, 32)).astype(np.uint8)
    codes = (rng.normal(size=(300, 6)) * [1, 10, 0.1, 1, 1, 0] + [0, 5, 0, 0, 0, 3]).astype("f4")
    made = inputs_in(planted(codes, raw))
    assert made.dtype == np.float32
    trace = (made - 0.9 * codes) / 0.1
    spread = codes.std(axis=0)
    np.testing.assert_allclose(trace.std(axis=0), [*spread[:5], 1], rtol=1e-2)
    np.testing.assert_allclose(trace.mean(axis=0), 0, atol=1e-3 * max(spread))


def test_the_trace_of_a_code_is_linear_in_block_means(rng):
    """Two pictures with equal means of 2 x 2 blocks have the same trace."""
    raw = rng.integers(0, 256, (200, 3, 32, 32)).astype(np.uint8)
    raw[1] = raw[0].reshape(3, 16, 2, 16, 2)[:, :, ::-1, :, ::-1].reshape(3, 32, 32)
    codes = np.zeros((200, 5), np.float32)
    made = inputs_in(planted(codes, raw))
    np.testing.assert_allclose(made[0], made[1], atol=1e-6)
    assert np.abs(made[0] - made[2]).max() > 1e-3


def test_two_roles_project_alike(rng):
    """A linear rule that was learned in one role reads the other one's trace."""
    bright = rng.integers(0, 2, (2, 400))
    noise = rng.normal(0, 20, (2, 400, 3, 16, 16))
    raw = (100 + noise + 60 * bright[:, :, None, None, None]).clip(0, 255).astype(np.uint8)
    train, probe = (
        inputs_in(planted(rng.normal(size=(400, 8)).astype(np.float32), part, "0.5"))
        for part in raw
    )
    rule = np.linalg.lstsq(train - train.mean(axis=0), bright[0] - 0.5, rcond=None)[0]
    assert np.corrcoef(probe @ rule, bright[1])[0, 1] > 0.5


def test_equal_raw_pictures_leave_no_trace_and_no_nan(rng):
    codes = rng.normal(size=(9, 4)).astype(np.float32)
    made = inputs_in(planted(codes, np.full((9, 3, 8, 8), 77, np.uint8)))
    np.testing.assert_allclose(made, 0.9 * codes, rtol=1e-6)


@pytest.mark.parametrize("share", ["0", "1", "-0.1", "nan"])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match="expected a share of the raw picture between 0 and 1"):
        planted(np.zeros((1, 3, 4, 4), np.uint8), np.zeros((1, 3, 4, 4), np.uint8), share)
