import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bench.cli import app
from bench.reports.boards import read_board, read_records
from bench.reports.published import board_at, entries, level_of, publish

pytestmark = pytest.mark.slow
LICENCE = "CC0"
TRUSTED = ("--trust", "--plugin", Path(__file__).parents[1] / "plugins" / "basic.py")


def cli(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


def publishing(run, board, *more):
    return cli("publish", run, "--board", board, "--by", "Ada", "--licence", LICENCE, *more)


def files(board):
    found = (path for path in board.rglob("*") if path.is_file() and path.name != ".lock")
    return {path: path.read_bytes() for path in found}


def refused(run, board):
    """The one line that refuses a run; the board is as it was."""
    before = files(board)
    done = publishing(run, board)
    assert done.exit_code == 2, done.output
    assert done.stderr.count("\n") == 1, done.stderr
    assert files(board) == before
    return done.stderr


def test_a_run_is_published_bundled_rescored_and_verified(toy_run, tmp_path):
    board = tmp_path / "board"
    assert publishing(toy_run.run, board).exit_code == 0
    (entry,) = entries(board)
    assert level_of(board, entry) == "claimed"
    published = read_board(board / "board.csv")
    assert len(published.records) == len(read_records(toy_run.run / "records.csv"))
    assert {r.entry for r in published.records} == {1}
    assert (
        published.about["data"]["toy:people=8,pictures=4,protocol=closed,seed=0,takes=8"]["licence"]
        == LICENCE
    )

    done = cli("rescore", toy_run.bundle, "--board", board)
    assert (done.exit_code, level_of(board, entry)) == (0, "rescored"), done.output
    untrusted = cli("verify", board, "--workers", 1)
    assert (untrusted.exit_code, "--trust" in untrusted.stdout) == (1, True)
    done = cli("verify", board, *TRUSTED, "--cells", 2)
    assert (done.exit_code, level_of(board, entry)) == (0, "recomputed"), done.output
    assert "recomputed" in (board / "entries.csv").read_text()
    assert "recomputed" in cli("board", "show", board).stdout
    assert cli("report", board).exit_code == 0
    page = (board / "report.html").read_text()
    assert "Who published what" in page
    assert "Ada, 2" in page


def test_verify_finds_a_number_that_does_not_come_out(toy_run, tmp_path, altered):
    def worse(text):
        lines = text.splitlines(keepends=True)
        names = lines[0].strip().split(",")
        found = [lines[0]]
        for line in lines[1:]:
            cells = line.rstrip("\n").split(",")
            if cells[names.index("metric")] == "top1":
                for name, value in (("value", ".01"), ("low", "0"), ("high", ".02")):
                    cells[names.index(name)] = value
            found.append(",".join(cells) + "\n")
        return "".join(found)

    done = cli("verify", altered(worse) / "records.csv", *TRUSTED)
    assert done.exit_code == 1
    assert "top1 was 0.01 [0, 0.02], n " in done.stdout


def test_a_colleagues_altered_copy_is_refused(toy_run, tmp_path, altered):
    board = tmp_path / "board"
    assert publishing(altered(lambda text: text.replace(",.5,", ",.51,", 1)), board).exit_code == 0
    done = cli("rescore", toy_run.bundle, "--board", board)
    assert done.exit_code == 2
    assert "expected an entry of" in done.stderr


def test_a_second_entry_with_the_same_numbers_is_refused(toy_run, tmp_path):
    board = tmp_path / "board"
    assert publishing(toy_run.run, board).exit_code == 0
    assert "are entry 1" in refused(toy_run.run, board)


def test_a_stronger_attack_lowers_a_published_headline(toy_run, stronger_run, tmp_path):
    board = tmp_path / "board"
    assert publishing(toy_run.run, board).exit_code == 0
    done = cli(
        *("publish", stronger_run.run, "--board", board, "--by", "Eve", "--licence", LICENCE)
    )
    assert done.exit_code == 0, done.stderr
    newest, first = board_at(board).records, board_at(board, 1).records
    attackers = {r.attacker.partition(":")[0] for r in newest if r.purpose == "private"}
    assert "knn" in attackers - {r.attacker.partition(":")[0] for r in first}
    assert {r.task for r in newest} == {r.task for r in first}
    shown = cli("board", "show", board, "--since", 1).stdout
    assert "Eve" in shown
    assert "Differences" in shown
    assert "0 new" not in cli("board", "diff", f"{board}@1", board).stdout


def test_only_who_made_an_entry_supersedes_it(toy_run, stronger_run, tmp_path):
    board = tmp_path / "board"
    assert publishing(toy_run.run, board).exit_code == 0
    eve = ("--by", "Eve", "--licence", LICENCE, "--supersedes", 1)
    done = cli("publish", stronger_run.run, "--board", board, *eve)
    assert "expects an entry by Eve" in done.stderr
    assert publishing(stronger_run.run, board, "--supersedes", 1).exit_code == 0


def test_other_pictures_under_the_name_of_a_data_set_are_refused(toy_run, altered, tmp_path):
    board = tmp_path / "board"
    assert publishing(toy_run.run, board).exit_code == 0

    def others(unmask):
        for facts in unmask["data"].values():
            facts["fingerprint"] = "0" * 64

    run = altered(lambda text: text.replace(",.5,", ",.51,", 1), others)
    assert "expected the pictures of toy" in refused(run, board)


def test_a_link_in_a_board_is_not_followed(toy_run, tmp_path):
    board, victim = tmp_path / "board", tmp_path / "victim"
    board.mkdir()
    victim.write_text("mine")
    (board / ".board.csv.draft").symlink_to(victim)
    done = publishing(toy_run.run, board)
    assert "expected no links in a board" in done.stderr
    assert victim.read_text() == "mine"


def test_weights_that_are_no_defenses_are_refused(altered, tmp_path):
    run = altered(in_json=lambda unmask: unmask.update(weights={":::=,": {"0": "ab"}}))
    assert "expected weights by defense" in refused(run, tmp_path / "board")


def test_an_interval_that_holds_everything_does_not_pass(altered):
    def wide(text):
        lines = text.splitlines(keepends=True)
        low, high = (lines[0].strip().split(",").index(name) for name in ("low", "high"))
        found = lines[:1]
        for line in lines[1:]:
            cells = line.split(",")
            if cells[low]:
                cells[low], cells[high] = "-9", "9"
            found.append(",".join(cells))
        return "".join(found)

    done = cli("verify", altered(wide) / "records.csv", *TRUSTED, "--cells", 1)
    assert (done.exit_code, "[-9, 9]" in done.stdout) == (1, True)


def test_an_entry_that_was_altered_is_named(toy_run, tmp_path):
    board = tmp_path / "board"
    assert publishing(toy_run.run, board).exit_code == 0
    table = board / "entries" / "0001" / "records.csv"
    table.write_text(table.read_text().replace(",.5,", ",.51,", 1))
    done = cli("board", "show", board)
    assert "expected entry 1" in done.stderr


def test_views_are_made_again_after_a_crash(toy_run, stronger_run, tmp_path):
    board = tmp_path / "board"
    publish(toy_run.run, board, "Ada", licence=LICENCE)
    whole = (board / "board.csv").read_bytes()
    for name in ("board.csv", "board.json", "entries.csv"):
        (board / name).unlink()
    (board / "entries" / ".0002.draft").mkdir()
    publish(stronger_run.run, board, "Eve", licence=LICENCE)
    assert len(entries(board)) == 2
    shutil.rmtree(board / "entries" / "0002")
    assert cli("rescore", toy_run.bundle, "--board", board).exit_code == 0
    assert (board / "board.csv").read_bytes() == whole


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--supersedes", "3"], "--supersedes expects an entry by Ada"),
        (["--by", "Ada\u202e"], "--by expects a name"),
        (["--by", ""], "--by expects a name"),
        (["--by", "a\nb"], "--by expects a name"),
    ],
)
def test_a_wrong_option_is_refused(toy_run, tmp_path, arguments, message):
    done = publishing(toy_run.run, tmp_path / "board", *arguments)
    assert message in done.stderr
    assert not list((tmp_path / "board").rglob("records.csv"))


def test_what_is_missing_is_named(toy_run, tmp_path, altered):
    board = tmp_path / "board"
    done = cli("publish", toy_run.run, "--board", board, "--by", "Ada")
    assert "expected the licence of toy" in done.stderr
    unsigned = altered(lambda text: text.replace(",.5,", ",.51,", 1), sign=False)
    assert "expected the CSV that" in refused(unsigned, board)
    forget = lambda unmask: unmask["data"].clear()  # noqa: E731
    assert "expected the fingerprint of toy" in refused(altered(in_json=forget), board)
    stale = lambda unmask: unmask["provenance"].update(stale_since="2026-01-01")  # noqa: E731
    assert "stale since" in refused(altered(in_json=stale), board)


def test_two_fits_are_too_few(ran, tmp_path):
    run = ran(seeds=(0, 1)).run
    assert "expected 3 fits behind a verdict, got 2" in refused(run, tmp_path / "board")


CSV = ["=1+1", "@SUM(A1)", "+1", "-x", "nan", "inf", "-inf", "1e999", "", "<script>", "9" * 400]
CSV += ["\x00", "ok\nok", '"', "2", "-1", "\u202e", "é"]
JSON = [None, -1, 1.5, "", [], {}, "=1", "<b>", "\x00", 10**30, [[]], True, "x" * 30_000]


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(data=st.data())
def test_a_hostile_file_gets_one_line(toy_run, tmp_path, altered, data):
    kind = data.draw(st.sampled_from(["cell", "json", "line", "bytes", "huge"]))
    board = tmp_path / "board"

    def in_csv(text):
        lines = text.split("\n")
        place = data.draw(st.integers(1, len(lines) - 2))
        if kind == "line":
            return "\n".join([*lines[:place], lines[place], *lines[place:]])
        cells = lines[place].split(",")
        cells[data.draw(st.integers(0, len(cells) - 1))] = data.draw(st.sampled_from(CSV))
        return "\n".join([*lines[:place], ",".join(cells), *lines[place + 1 :]])

    def in_json(unmask):
        place, name = unmask, data.draw(st.sampled_from(sorted(unmask)))
        while isinstance(place[name], dict | list) and place[name] and data.draw(st.booleans()):
            place = place[name]
            keys = sorted(place) if isinstance(place, dict) else list(range(min(len(place), 5)))
            name = data.draw(st.sampled_from(keys))
        place[name] = data.draw(st.sampled_from(JSON))

    if kind in ("cell", "line"):
        run = altered(in_csv)
    elif kind == "json":
        run = altered(in_json=in_json)
    else:
        run = altered()
        content = b"\xff\xfe" + data.draw(st.binary(max_size=50)) if kind == "bytes" else b"1" * 100
        name = data.draw(st.sampled_from(["records.csv", "records.json"]))
        (run / name).write_bytes(content)
    done = publishing(run, board)
    if done.exit_code == 0:  # such as another name of a task, or a number that may be
        shutil.rmtree(board)
        return
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1), (done.stderr, done.exception)
    assert not list(board.rglob("records.csv"))
