import pytest

from bench.reports.files import replacing


def write(folder, **files):
    with replacing(folder) as draft:
        for name, text in files.items():
            (draft / f"{name}.md").write_text(text)


def names(folder):
    return {path.name for path in folder.iterdir()} - {".files"}


def test_a_run_removes_what_only_the_run_before_wrote(tmp_path):
    write(tmp_path, table="1", linkage="1")
    (tmp_path / "notes.md").write_text("mine")
    write(tmp_path, table="2")
    assert names(tmp_path) == {"table.md", "notes.md"}
    assert (tmp_path / "table.md").read_text() == "2"


def test_a_run_that_fails_leaves_the_files_of_the_run_before(tmp_path):
    write(tmp_path, table="1", linkage="1")
    with pytest.raises(TypeError):
        write(tmp_path, judges="2", table=2)
    assert names(tmp_path) == {"table.md", "linkage.md"}
    assert (tmp_path / "table.md").read_text() == "1"


def test_a_list_that_names_other_folders_removes_nothing_there(tmp_path):
    (tmp_path / "kept.md").write_text("mine")
    run = tmp_path / "run"
    write(run, table="1")
    (run / ".files").write_text("../kept.md\n..\n.\n\ntable.md\n")
    write(run, judges="1")
    assert (tmp_path / "kept.md").exists()
    assert names(run) == {"judges.md"}
