import io

import pytest
from rich.console import Console

from bench.commands.progress import duration, watched
from bench.commands.stopping import Stopped
from bench.runner.plan import Goal
from bench.runner.stage import Stage
from bench.runner.step import Outcome
from bench.runner.store import Store
from bench.spec import Spec


def stage(name, *needs, seconds=10.0):
    spec = Spec(name, "", ())
    return Stage("load", spec, {"needs": needs}, {}, "", spec, seconds=seconds)


class ScriptedEngine:
    n_processes, devices = 1, ()

    def __init__(self, *outcomes):
        self.outcomes = outcomes

    def run(self, stages, store, goals=()):
        yield from self.outcomes


@pytest.fixture
def lines(tmp_path):
    """What is written about outcomes of a plan of three stages and two goals."""
    a, b = stage("a"), stage("b")
    plan = [a, b, stage("c", a, b, seconds=20.0)]

    class Question(Goal):
        def __str__(self):
            return f"question {self.cells}"

    goals = [Question("one", [a, b]), Question("two", [plan[2]])]

    def write(*outcomes, terminal=False):
        file = io.StringIO()
        console = Console(file=file, force_terminal=terminal, width=60)
        done = [Outcome(plan[place], status, 1.0, reason) for place, status, reason in outcomes]
        engine = ScriptedEngine(*done)
        seen = watched(engine, plan, Store(tmp_path), console, goals, lambda goal: "found " * 12)
        assert list(seen) == done
        return file.getvalue().splitlines()

    return write


def test_a_question_is_a_line_once_all_its_attacks_have_ended(lines):
    first, second = lines((0, "done", ""), (1, "done", ""), (2, "done", ""))
    assert "question one: found" in first
    assert "question two: found" in second
    assert "left]" in first  # half of the expected 40 s are left
    assert "about 0 s left" in second


def test_a_failure_is_said_at_once_and_stored_stages_are_not(lines):
    first, *rest = lines((0, "failed", "no disk"), (1, "cached", ""), (2, "skipped", "no disk"))
    assert first == "failed: no disk"
    assert len(rest) == 2  # both questions have new outcomes
    assert lines((0, "cached", ""), (1, "cached", ""), (2, "cached", "")) == []


def test_a_terminal_shows_a_bar_besides(lines):
    shown = "\n".join(lines((0, "done", ""), (1, "done", ""), (2, "done", ""), terminal=True))
    assert "3/3" in shown
    assert "question two" in shown


@pytest.mark.parametrize(
    ("seconds", "text"), [(4.4, "4 s"), (99, "99 s"), (150, "2 min"), (7200, "2.0 h")]
)
def test_durations_have_two_digits_at_most(seconds, text):
    assert duration(seconds) == text


def test_a_stopped_run_says_how_far_it_was(tmp_path):
    class StoppedEngine(ScriptedEngine):
        def run(self, *_):
            yield from self.outcomes
            raise Stopped(15)

    plan = [stage("a"), stage("b"), stage("c")]
    engine = StoppedEngine(Outcome(plan[0], "done"), Outcome(plan[1], "cached"))
    with pytest.raises(Stopped, match="stopped after 2 of 3 stages; run the same command again"):
        list(watched(engine, plan, Store(tmp_path), Console(file=io.StringIO())))
