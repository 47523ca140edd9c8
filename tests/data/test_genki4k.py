import numpy as np
import pytest

from bench.audit.checks import audit
from bench.commands.data import save_data
from bench.data.folder import Folder
from bench.data.genki4k import GENKI4K
from bench.data.synthetic.pictures import POSE_RANGES

NAMES = [f"files/file{number:04}.jpg" for number in range(1, 9)]
LINES = [f"{number % 2} 0.0 {number / 100} -0.1" for number in range(1, 9)]


@pytest.fixture
def root(tree):
    return tree(NAMES, texts={"labels.txt": "\n".join(LINES) + "\n"})


def test_labels_follow_the_lines(root):
    listing = GENKI4K(root=str(root)).listing()
    assert listing.labels["smile"].tolist() == [1, 0] * 4
    assert (listing.labels["yaw"] == 0.5).all()
    expected = 0.5 + np.degrees(np.arange(1, 9) / 100) / POSE_RANGES["pitch"] / 2
    assert np.allclose(listing.labels["pitch"], expected)
    assert listing.labels["roll"][0] == pytest.approx(0.5 - np.degrees(0.1) / 30)


def test_each_picture_is_a_person_whose_identity_nobody_asks_about(root):
    data = GENKI4K(root=str(root))
    data.check()
    listing = data.listing()
    assert listing.labels["identity"].tolist() == list(range(8))
    assert [target.name for target in listing.targets] == ["smile", "yaw", "pitch", "roll"]
    with pytest.raises(ValueError, match=r"expected protocol in \{'open'\}, got 'closed'"):
        GENKI4K(root=str(root), protocol="closed")


def test_a_run_about_smiles_needs_no_identity(tree, run):
    """Each picture is a person, so that intervals are over pictures."""
    names = [f"files/file{number:04}.jpg" for number in range(1, 33)]
    root = tree(names, texts={"labels.txt": "\n".join(LINES * 4)})
    done = run(
        data=f"genki4k:root={root},size=8",
        private=["smile"],
        attackers=["memory", "eyes"],
        threats=["raw"],
    )
    assert not [outcome for outcome in done.outcomes if outcome.status == "failed"]
    (record,) = done.select(purpose="private", defense="none", threat="raw", metric="top1")
    assert (record.status, record.target, record.n, record.n_people) == ("ok", "smile", 8, 8)


def test_audit_and_save_need_no_identity(root, store, tmp_path):
    """The pictures are of six kinds, so that two are equal and lie under no name."""
    data = GENKI4K(root=str(root), size=8)
    found = list(audit(data, store))
    assert {one.check for one in found} == {
        "duplicates",
        "pair",
        "balance",
        "shortcut",
        "role_shift",
    }
    assert all("somebody" in one.reason for one in found if one.check == "pair")
    save_data(data, None, tmp_path / "saved")
    again = Folder(root=str(tmp_path / "saved"), manifest="labels.csv").listing()
    assert again.labels["smile"].tolist() == [1, 0] * 4
    assert len(set(again.labels["identity"].tolist())) == 8


@pytest.mark.parametrize(
    "text", ["1 0 0 0", "1 0 0 0\n2 0 0 0", "1 0 0 0\n1 0 0", "1 0 0 0\na b c d"]
)
def test_a_short_or_wrong_list_is_told(root, tree, refused, text):
    tree(texts={"labels.txt": text})
    assert "labels.txt, line 2: expected 0 or 1 and three angles" in refused(
        GENKI4K(root=str(root))
    )


def test_another_set_and_a_missing_list_are_told(root, tree, refused):
    (root / "labels.txt").unlink()
    assert "genki4k expects labels.txt" in refused(GENKI4K(root=str(root)))
    (root / "files").rename(root / "GENKI-R2009a")
    assert "another set, GENKI-R2009a" in refused(GENKI4K(root=str(root)))
