"""A fitted defense goes out as one file, and protects elsewhere as it did here."""

import dataclasses
import shutil

import numpy as np
import pytest
from safetensors.numpy import save_file
from typer.testing import CliRunner

from bench.api import SAMPLES, Dataset, Defense
from bench.cli import app
from bench.faces import Faces
from bench.registry import make, register
from bench.runner.cells import cells
from bench.runner.engines.local import LocalEngine
from bench.runner.plan import plan
from bench.runner.step import with_inputs
from bench.runner.stored_fits import export, fit_of
from bench.runner.weights_file import WeightsFile, WeightsRecipe, check_protects, read, save
from bench.runner.worker import Worker
from bench.spec import Spec


@pytest.fixture
def protect(store, grid):
    """What a defense gives out of the probe, and why what failed did; runs no attacker."""

    def released(spec, data="toy"):
        cell = [c for c in cells(grid(defenses=[spec], data=data)) if c.purpose == "private"][-1]
        release = plan([cell], store.root).of[cell].release
        engine = LocalEngine()
        failed = {o.reason for o in engine.run(with_inputs([release]), store) if o.reason}
        return (None if failed else store.get(release.key).arrays["images"]), failed

    return released


@pytest.fixture
def share(store, protect, tmp_path):
    """Fits eigenface:k=4 to a data set, and exports it to a file."""

    def exported(name="her.safetensors", data="toy"):
        protect("eigenface:k=4", data)
        export(store, fit_of(store, Spec("eigenface"), Spec.parse(data), 0), tmp_path / name)
        return tmp_path / name

    return exported


@pytest.fixture
def planned(tmp_path, grid):
    """Keys of a plan with that defense."""

    def keys(spec):
        return [s.key for s in plan(cells(grid(defenses=[spec])), tmp_path).stages]

    return keys


def test_weights_from_a_file_protect_as_those_that_were_fitted(protect, share):
    fitted, given = (
        protect(spec)[0] for spec in ("eigenface:k=4", f"eigenface:k=4,weights={share()}")
    )
    np.testing.assert_array_equal(fitted, given)


def test_pictures_to_look_at_are_not_shared(protect, store, tmp_path):
    protect("swap")
    fit = fit_of(store, Spec("swap"), None, 0)
    assert SAMPLES in store.get(fit.key).weights
    export(store, fit, tmp_path / "swap.safetensors")
    assert set(read(tmp_path / "swap.safetensors").weights) == {"shown"}


def test_weights_of_one_data_set_serve_another(protect, share):
    given = protect(f"eigenface:k=4,weights={share()}", "toy:seed=1")[0]
    fitted = protect("eigenface:k=4", "toy:seed=1")[0]
    assert (fitted != given).any()


def test_the_key_holds_the_digest_and_not_the_path(share, planned, tmp_path):
    first = share("a.safetensors")
    moved = shutil.copy(first, tmp_path / "b.safetensors")
    other = share("c.safetensors", "toy:seed=1")
    keys = [planned(f"eigenface:k=4,weights={path}") for path in (first, moved, other)]
    assert keys[0] == keys[1]
    differ = [one != two for one, two in zip(keys[0], keys[2], strict=True)]
    assert any(differ)
    assert not all(differ)  # pictures and controls are the same
    assert set(keys[0]) - set(planned("eigenface:k=4"))


def test_a_file_says_what_made_it_and_not_where_it_lay(share, tmp_path):
    recipe = read(share()).recipe
    assert str(recipe.spec) == "eigenface:k=4"
    assert str(recipe.data_spec).startswith("toy:people=6,")
    assert (recipe.seed, recipe.shape) == (0, (3, 16, 16))
    assert str(tmp_path).encode() not in share().read_bytes()


def damage(file, how):
    content = file.read_bytes()
    match how:
        case "cut":
            file.write_bytes(content[:-100])
        case "page":
            file.write_bytes(b"\n<!DOCTYPE html><title>404</title>")
        case "empty":
            file.write_bytes(b"")
        case "bit":
            file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        case "recipe":
            file.write_bytes(content.replace(b'\\"seed\\": 0', b'\\"seed\\": 7'))
        case "foreign":
            save_file({"a": np.zeros(2, np.float32)}, file)
        case "torch":
            file.write_bytes(b"PK\x03\x04" + content)


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("cut", "is truncated, or not safetensors"),
        ("empty", "is truncated, or not safetensors"),
        ("torch", "is truncated, or not safetensors"),
        ("page", "got a web page"),
        ("bit", "changed since it was exported"),
        ("recipe", "changed since it was exported"),
        ("foreign", "expected a file of `bench weights export`"),
    ],
)
def test_a_damaged_file_is_told_before_anything_runs(share, planned, how, told):
    file = share()
    damage(file, how)
    with pytest.raises(ValueError, match=told):
        planned(f"eigenface:k=4,weights={file}")


def test_weights_of_something_else_are_told(share, planned, tmp_path):
    file = share()
    with pytest.raises(FileNotFoundError, match=r"none.safetensors, found none"):
        planned(f"eigenface:weights={tmp_path}/none.safetensors")
    with pytest.raises(ValueError, match=r"expected weights of fitted in .*, got eigenface"):
        planned(f"fitted:weights={file}")
    with pytest.raises(ValueError, match=r"got eigenface:k=4; write eigenface:k=4,weights="):
        planned(f"eigenface:k=5,weights={file}")


def test_weights_for_pictures_of_another_size_fail_with_one_reason(share, protect):
    data = "synthetic:people=3,takes=4,pictures=2"
    lost = protect(f"eigenface:k=4,weights={share()}", data)[1]
    assert len(lost) == 1
    assert "expected weights for pictures (3, 32, 32)" in lost.pop()


def test_a_file_that_changes_during_the_run_is_told(share, grid, store, tmp_path):
    spec = f"eigenface:k=4,weights={share()}"
    cell = list(cells(grid(defenses=[spec])))[-1]
    fit = plan([cell], tmp_path).of[cell].weights
    share(data="toy:seed=1")
    reasons = {o.reason for o in LocalEngine().run(with_inputs(fit), store) if o.reason}
    assert len(reasons) == 1
    assert "changed since the run began" in reasons.pop()


def test_fields_data_and_seed_say_which_fit_is_meant(protect, store):
    for spec in ("eigenface:k=4", "eigenface:k=5"):
        protect(spec)
    with pytest.raises(
        ValueError, match=r"got 2 in .*eigenface:k=4 --data toy --seed 0; eigenface:k"
    ):
        fit_of(store, Spec("eigenface"), None, None)
    assert fit_of(store, Spec.parse("eigenface:k=5"), None, None).recipe.fields["k"] == 5
    for more in ((Spec.parse("toy:seed=3"), None), (None, 9)):
        with pytest.raises(ValueError, match="expected a fit of eigenface"):
            fit_of(store, Spec("eigenface"), *more)


def test_weights_from_a_file_are_not_taken_for_a_fit(protect, share, store):
    protect(f"eigenface:k=4,weights={share()}", "toy:seed=1")
    assert fit_of(store, Spec("eigenface"), None, None).recipe.data_fields["seed"] == 0


def test_nothing_half_written_is_left(share, monkeypatch):
    file = share()
    before = file.read_bytes()

    def full(*arguments):
        raise OSError("no space left on device")

    monkeypatch.setattr("bench.runner.weights_file.save_file", full)
    with pytest.raises(OSError, match="no space"):
        share()
    assert [path.name for path in file.parent.glob("*her*")] == [file.name]
    assert file.read_bytes() == before


def test_a_defense_with_a_fit_takes_files_or_is_refused():
    class Learns(Defense):
        def fit(self, faces, context):
            return {}

        def protect(self, faces, weights, context):
            return faces

    with pytest.raises(ValueError, match=r"with a fit to derive from bench.api.Learned"):
        register("learns")(dataclasses.dataclass(frozen=True)(Learns))


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_the_commands_share_a_fit(bench, protect, store, tmp_path):
    protect("eigenface:k=4")
    done = bench("weights", "export", "eigenface", "her.safetensors", "--store", store.root)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "eigenface:k=4, fitted to toy (3 x 16 x 16 px), seed 0" in done.stdout
    told = bench("weights", "import", "her.safetensors").stdout
    assert 'in a grid: defenses = ["eigenface:k=4,weights=her.safetensors"]' in told
    assert read(tmp_path / "her.safetensors").digest in told
    assert "other code" not in told
    damage(tmp_path / "her.safetensors", "page")
    done = bench("weights", "import", "her.safetensors")
    assert done.exit_code == 2
    assert "web page" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_whoever_shares_what_learned_from_people_is_told(bench, protect, store, monkeypatch):
    protect("eigenface:k=4")
    monkeypatch.setattr(type(make(Dataset, Spec("toy"))), "shareable", False)
    done = bench("weights", "export", "eigenface", "her.safetensors", "--store", store.root)
    assert "learned from real people and may reveal them" in done.stdout


def test_records_name_weights_by_their_digest_not_by_the_users_path(share, run):
    file = share()
    lines = run(defenses=[f"eigenface:k=4,weights={file}"]).select(defense="eigenface")
    digest = read(file).digest[:16]
    assert {line.defense for line in lines} == {f"eigenface:k=4,weights={digest}"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda w: w | {"mean": np.full_like(w["mean"], np.nan)}, "NaN or infinity in ['mean']"),
        (lambda w: {k: v for k, v in w.items() if k != "mean"}, "KeyError: 'mean'"),
        (lambda w: w | {"mean": w["mean"][:-1]}, "could not be broadcast"),
    ],
)
def test_weights_that_cannot_protect_are_refused_when_they_are_imported(bench, share, change, told):
    given = read(path := share())
    save(path, change(dict(given.weights)), given.recipe)
    done = bench("weights", "import", path)
    assert done.exit_code == 2
    assert told in done.stderr


def test_a_defense_that_hides_in_sets_is_asked_about_a_set(rng):
    defense = make(Defense, Spec.parse("k_same:k=2"))
    images = rng.integers(0, 256, (6, 3, 8, 8)).astype(np.uint8)
    faces = Faces(images, {"identity": np.arange(6)}, np.arange(6))
    weights = defense.fit(faces, Worker().training(np.random.default_rng(0)))
    facts = {"fields": {"k": 2}, "data": "synthetic", "data_fields": {}, "data_key": "", "seed": 0}
    facts |= {"shape": (3, 8, 8), "code": "", "libraries": {}, "suite": ""}
    recipe = WeightsRecipe(defense="k_same", **facts)
    check_protects(WeightsFile(recipe, weights, ""))
    with pytest.raises(ValueError, match="expected weights with which k_same protects"):
        check_protects(WeightsFile(recipe, {}, ""))
