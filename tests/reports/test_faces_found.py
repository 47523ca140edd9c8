"""Where faces were found by MTCNN, a release must show one."""

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def done(run):
    data = "synthetic:people=6,takes=16,pictures=1,size=64,align=true"
    return run(
        data=data, private=["glasses"], utility=["identity"], attackers=["nearest"], threats=["raw"]
    )


def test_a_release_without_a_face_is_of_no_use(done):
    found, *_ = done.select(purpose="release", defense="none", metric="face_found")
    (useful,) = done.select(purpose="utility", defense="none", metric="top1", threat="raw")
    assert found.value > 0.5
    assert useful.value <= found.value
    assert useful.n == found.n  # nothing is dropped
    found, *_ = done.select(purpose="release", defense="constant", metric="face_found")
    (useful,) = done.select(purpose="utility", defense="constant", metric="top1", threat="raw")
    (private,) = done.select(purpose="private", defense="constant", metric="top1")
    assert (found.value, useful.value) == (0, 0)
    # the attacker need not find a face: it gives one answer about all
    assert private.value in (private.chance, 1 - private.chance)


def test_faces_found_are_told_by_gender(done):
    told = done.select(purpose="release", defense="none", metric="face_found")
    n = {record.metric: record.n for record in told}
    assert n["face_found"] == sum(n.get(f"face_found_{who}", 0) for who in ("women", "men"))
