"""Pictures that somebody else has protected."""

import shutil

import numpy as np
import pytest
from PIL import Image

from bench.api import Dataset, Defense
from bench.commands.export import export_data
from bench.data.csv_files import read_lines
from bench.registry import make
from bench.spec import Spec


def test_pairs_are_found_by_their_names(run, data, photos, tmp_path, protected, grey, release_of):
    after = protected(photos, tmp_path / "after", grey, ".bmp")
    ran = run(data=data, defenses=[f"pairs:before={photos},after={after}"], threats=["raw"])
    assert (release_of(ran) == 90).all()
    assert {r.defense for r in ran.records if "pairs" in r.defense} == {"pairs:label=after"}


def test_two_folders_of_one_label_are_refused(run, data, photos, tmp_path):
    specs = [f"pairs:before={photos},after={tmp_path}/{name}/after" for name in "ab"]
    with pytest.raises(ValueError, match="another label for each, got 2 x pairs"):
        run(data=data, defenses=specs)


def test_a_replaced_release_is_noticed(run, data, photos, tmp_path, protected, grey, release_of):
    after = protected(photos, tmp_path / "after")
    task = {"data": data, "defenses": [f"pairs:before={photos},after={after}"], "threats": ["raw"]}
    raw = release_of(run(**task))
    path = next(iter(sorted(after.rglob("*.png"))))
    for each in after.rglob("*.png"):
        grey(Image.open(each)).save(each)
    assert (release_of(run(**task)) == 90).all()
    assert not (raw == 90).all()
    assert path.exists()


def test_resized_releases_are_scaled_back(run, data, photos, tmp_path, protected, release_of):
    def doubled(picture):
        return picture.resize((80, 60), Image.Resampling.NEAREST)

    after = protected(photos, tmp_path / "after", doubled)
    with pytest.warns(UserWarning, match=r"releases are resized \(\d+.png: 40x30 became 80x60\)"):
        ran = run(data=data, defenses=[f"pairs:before={photos},after={after}"], threats=["raw"])
    raw = ran.faces("probe").images.astype(int)
    assert np.abs(release_of(ran).astype(int) - raw).mean() < 3


def test_a_missing_release_is_named_and_counted(run, data, photos, tmp_path, protected):
    after = protected(photos, tmp_path / "after")
    for path in sorted(after.rglob("*.png"))[::7]:
        path.unlink()
    said = r"expected a release of each of the \d+ pictures of the probe, got none for .* have none"
    with pytest.raises(ValueError, match=said):
        run(data=data, defenses=[f"pairs:before={photos},after={after}"])


def test_a_release_without_an_original_is_counted(data, photos, tmp_path, protected):
    after = protected(photos, tmp_path / "after")
    shutil.copy(next(after.rglob("*.png")), after / "stray.png")
    pairs = make(Defense, Spec.parse(f"pairs:before={photos},after={after}"))
    with pytest.warns(UserWarning, match="not read: 1 releases .* e.g. stray"):
        assert pairs.has_releases_of("probe", list(photos.rglob("*.png")))


def test_a_manifest_pairs_other_names(run, data, photos, tmp_path, grey, release_of):
    after, lines = tmp_path / "after", ["before,after"]
    after.mkdir()
    for number, path in enumerate(sorted(photos.rglob("*.png"))):
        grey(Image.open(path)).save(after / f"{number}.png")
        lines.append(f"{path.relative_to(photos)},{number}.png")
    (tmp_path / "pairs.csv").write_text("\n".join(lines))
    spec = f"pairs:before={photos},after={after},manifest={tmp_path / 'pairs.csv'}"
    assert (release_of(run(data=data, defenses=[spec], threats=["raw"])) == 90).all()


@pytest.mark.parametrize("release", ["gone.png", "../photos/labels.csv", "", "."])
def test_a_manifest_names_files_in_the_folders_only(data, photos, tmp_path, release):
    (tmp_path / "after").mkdir()
    path = sorted(photos.rglob("*.png"))[0].relative_to(photos)
    (tmp_path / "pairs.csv").write_text(f"before,after\n{path},{release}\n")
    spec = f"pairs:before={photos},after={tmp_path}/after,manifest={tmp_path}/pairs.csv"
    with pytest.raises(ValueError, match=r"line 2: expected in column after a file in"):
        make(Defense, Spec.parse(spec)).has_releases_of("probe", [photos / path])


def test_exchanged_folders_are_other_content(photos, tmp_path, protected, grey):
    after = protected(photos, tmp_path / "after", grey)
    first, second = (
        make(Defense, Spec.parse(f"pairs:before={a},after={b},label=one")).files()
        for a, b in ((photos, after), (after, photos))
    )
    assert list(first) != list(second)
    assert sorted(first) == sorted(second)


def test_several_releases_of_each_picture(run, data, photos, tmp_path, protected, release_of):
    for draw in range(2):
        protected(photos, tmp_path / f"after{draw}", lambda p, d=draw: Image.new("L", p.size, d))
    spec = f"pairs:before={photos},after={tmp_path}/after{{draw}}"
    ran = run(data=data, defenses=[spec], threats=["raw:queries=2"])
    assert [release_of(ran, query).max() for query in range(2)] == [0, 1]


def test_what_is_handed_over_comes_back(run, data, tmp_path, protected, grey, release_of):
    dataset = make(Dataset, Spec.parse(data))
    counts = export_data(dataset, tmp_path / "given")
    assert counts["probe"] == len(dataset.originals("probe"))
    names = [path.name for path in (tmp_path / "given").rglob("*.png")]
    assert len(set(names)) == sum(counts.values()) == len(names)
    columns, lines = read_lines(tmp_path / "given" / "defender" / "labels.csv")
    assert set(columns) == {"path", "identity", "colour", "secret", "take"}
    assert len(lines) == counts["defender"]
    assert not list((tmp_path / "given" / "probe").glob("*.csv"))
    for role in ("attacker", "probe"):
        protected(tmp_path / "given" / role, tmp_path / "back" / role, grey)
    ran = run(data=data, defenses=[f"pairs:after={tmp_path / 'back'}"])
    assert (release_of(ran) == 90).all()
    aware = [r for r in ran.records if "pairs" in r.defense and r.threat == "aware"]
    assert "ok" in {r.status for r in aware if r.purpose == "private"}


def test_if_only_the_probe_comes_back_nothing_is_hidden(run, tmp_path, protected, grey, few):
    """Also of drawn people, who have no files: they are written."""
    export_data(make(Dataset, few), tmp_path / "given", ["colour"])
    assert read_lines(tmp_path / "given" / "probe" / "labels.csv")[0] == ["path", "colour"]
    protected(tmp_path / "given" / "probe", tmp_path / "back" / "probe", grey)
    ran = run(data=few, defenses=[f"pairs:after={tmp_path / 'back'}"])
    found = [r for r in ran.records if "pairs" in r.defense]
    assert {r.status for r in found if r.threat.startswith("aware")} == {"skipped"}
    raw = [r for r in found if r.threat == "raw" and r.purpose == "private"]
    assert "ok" in {r.status for r in raw}
    assert not [r for r in found if r.status == "failed"]
    assert {r.verdict for r in found if r.verdict} == {"inconclusive"}


def test_pictures_that_were_not_protected_stop_the_run(run, data, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="expected releases of the probe of folder from pairs"):
        run(data=data, defenses=[f"pairs:after={tmp_path / 'empty'}"])
