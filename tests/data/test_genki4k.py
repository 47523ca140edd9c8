import numpy as np
import pytest

from bench.annotation.export import ExportOptions, export_study
from bench.annotation.rehearsal import beside_published
from bench.annotation.study import Runner, StudySpec, answerable, study_pictures, study_spec
from bench.audit.checks import audit
from bench.commands.annotate import QUESTIONS
from bench.commands.data import save_data
from bench.commands.options import grid_of
from bench.data.folder import Folder
from bench.data.genki4k import GENKI4K
from bench.data.synthetic.pictures import POSE_RANGES
from bench.runner.cells import cells
from bench.runner.engines.local import LocalEngine
from bench.tables import Table

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


def reasons(grid, **wanted):
    """Why questions of a grid do not apply, of some defense, target and threat."""
    return {
        cell.skip_reason
        for cell in cells(grid)
        if wanted.items()
        <= {"defense": cell.defense.name, "target": cell.target}.items()
        | {"threat": cell.threat_spec.name, "attacker": cell.attacker.name}.items()
    }


def test_whoever_has_it_makes_the_table_of_the_annotation_study(root, tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_DATA", str(tmp_path / "nothing"))
    grid = grid_of("annotation_table1", f"genki4k:root={root}")
    (task,) = grid.tasks
    assert task.sources.defender.name == "synthetic"
    assert str(task.sources.evaluation) == f"genki4k:root={root},size=64"
    assert answerable(grid, QUESTIONS) == ["smile=yes"]
    spec = study_spec(grid, "smile=yes", (), 0)
    assert (spec.name, spec.data, spec.defender) == (
        "smile",
        task.sources.evaluation,
        task.sources.defender,
    )
    for defense in ("began_cs", "surrogate_3d"):  # which read no label of these pictures
        assert reasons(grid, defense=defense, target="smile", threat="raw", attacker="cnn") == {""}
    assert reasons(grid, defense="card", target="smile", attacker="cnn") == {
        "synthetic has no labels ['smile']"
    }
    (root / "genki4k").symlink_to(root)
    monkeypatch.setenv("BENCH_DATA", str(root))
    both = grid_of("annotation_table1", None)
    assert answerable(both, QUESTIONS) == list(QUESTIONS)
    assert study_spec(both, "expression=joy", (), 0).data.name == "synthetic"


def test_a_smile_of_it_is_the_joy_of_the_paper():
    rows = [("smile", "surrogate_3d", 60, 0.7, 0.8, 0.81, 0.82)]
    columns = ("question", "version", "images", "average", "vote 50", "vote 75", "vote 90")
    evidence = Table("", ("question", "evidence", "images", "surrogate_3d"), [])
    tests = Table("", ("question", "versions", "difference", "t", "df", "p"), [])
    (table,) = beside_published(Table("", columns, rows), tests, evidence)
    assert [str(cell) for cell in table.rows[0][:5]] == [
        *("smile", "surrogate_3d", "Extreme3D"),
        *("0.7", "73.5"),
    ]


@pytest.mark.slow
def test_surrogates_that_learned_from_synthetic_people_are_shown_of_it(
    tree, store, grid, tmp_path, monkeypatch
):
    for name in ("STEPS", "ROUNDS"):
        monkeypatch.setattr(f"bench.nn.estimation.{name}", 1)
    names = [f"files/file{number:04}.jpg" for number in range(1, 33)]
    data = f"genki4k:root={tree(names, texts={'labels.txt': chr(10).join(LINES * 4)})},size=32"
    people = "synthetic:people=8,takes=1,pictures=4,size=32,protocol=open"
    gan = "began_cs:steps=1,rebuild=1,batch=4,estimator_steps=1,width=8"
    task = grid(
        private=["yaw"],
        utility=["smile"],
        data={"defender": people, "attacker": data, "evaluation": data},
        defenses=[gan],
    )
    runner = Runner(store, LocalEngine().run)
    spec = study_spec(task, "smile=yes", (), 0)
    pictures = study_pictures(spec, runner)
    _, surrogates = pictures.versions.values()
    assert (surrogates != pictures.faces.images).any(axis=(1, 2, 3)).all()
    assert set(pictures.truth) == {0, 1}
    assert np.isfinite(pictures.evidence).all()
    export_study(spec, ExportOptions(True, "random", 4), tmp_path / "study", runner)
    assert StudySpec.read(tmp_path / "study") == spec
