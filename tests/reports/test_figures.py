"""Figures are computed once for equal answers, and anew where anything differs."""

import json

import numpy as np
import pytest

from bench.answers import Answers, Estimate
from bench.metrics.advantage import advantage, share_right
from bench.metrics.comparisons import leakage
from bench.metrics.declared import NamedEstimate
from bench.reports import figures as module
from bench.reports.figures import Figures


def answers(seed=0):
    rng = np.random.default_rng(seed)
    scores, n = rng.standard_normal((60, 2)).astype(np.float32), np.arange(60)
    return Answers(scores, n % 2, n // 3, n)


def everything(value, *, error=""):
    """A figure of the kinds that are kept."""
    if error:
        raise ValueError(error)
    estimate = Estimate(0.1 + 0.2, -np.inf, np.nan, 3, 0.5)
    return [(1, None, "é", value), [NamedEstimate("auc", estimate), NamedEstimate("eer", None)]]


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Makes figures of one folder, as if in a new process; and tells what was computed."""
    monkeypatch.setattr(module, "_code", lambda module: "code")
    calls = []

    def make(compute=everything):
        def counted(*args, **kwargs):
            calls.append(args)
            return compute(*args, **kwargs)

        counted.__module__, counted.__qualname__ = compute.__module__, compute.__qualname__
        return lambda *args, **kwargs: Figures(tmp_path)(counted, *args, **kwargs)

    make.calls, make.folder = calls, tmp_path
    return make


def test_a_figure_is_read_as_it_was_computed(kept):
    first, second = kept()(7), kept()(7)
    assert len(kept.calls) == 1
    assert repr(first) == repr(second)
    (numbers, (named, none)) = second
    assert numbers == (1, None, "é", 7)
    assert named.estimate.value == 0.1 + 0.2
    assert none == NamedEstimate("eer", None)


def test_equal_answers_have_one_figure_and_others_another(kept):
    for some in (answers(), answers(), answers(1), answers().pick(np.arange(59))):
        kept(advantage)(some)
    assert len(kept.calls) == 3


@pytest.mark.parametrize(
    "changed",
    [
        {"side_info": {"gender": np.zeros(3, np.int64)}},
        {"side_info": {"gender": np.zeros(3, np.float64)}},
        {"side_info": {"gender": np.zeros((3, 1), np.int64)}},
        {"side_info": {"other": np.ones(3, np.int64)}},
        {"names": ("a,", "b")},
        {"names": ("a", ("b",))},
        {"sign": -1},
        {"sign": 1.0},
        {"sign": "1"},
    ],
)
def test_whatever_a_figure_takes_is_told_apart(kept, changed):
    usual = {"side_info": {"gender": np.ones(3, np.int64)}, "names": ("a", "b"), "sign": 1}
    for arguments in (usual, usual | changed):
        kept(lambda side_info, names, sign: 0)(**arguments)
    assert len(kept.calls) == 2


def test_an_attack_on_itself_is_not_an_equal_attack(kept):
    """The leakage of the ceiling itself is exactly 1."""
    scores = np.eye(2, dtype=np.float32)[np.arange(60) % 2]
    scores[::7] = 0.5
    one, two = (Answers(scores, np.arange(60) % 2, np.arange(60) // 3, np.arange(60)) for _ in "ab")
    itself, other = kept(leakage)(one, 1, one, 1), kept(leakage)(one, 1, two, 1)
    assert len(kept.calls) == 2
    assert itself[:3] == (1, 1, 1)
    assert other.value == 1


def test_an_error_is_kept_with_its_words(kept):
    for _ in range(2):
        with pytest.raises(ValueError, match=r"^expected more$"):
            kept()(1, error="expected more")
    assert len(kept.calls) == 1


@pytest.mark.parametrize(
    "damage", ["", '{"value": 3', "[]", '{"other": 3}', '{"value": {"Estimate": [1]}}', "\udcff"]
)
def test_a_damaged_file_is_computed_again(kept, damage):
    wanted = kept()(7)
    (path,) = kept.folder.glob("*/*.json")
    path.write_bytes(damage.encode(errors="surrogateescape"))
    assert repr(kept()(7)) == repr(wanted)
    assert repr(kept()(7)) == repr(wanted)
    assert len(kept.calls) == 2
    assert [file.name for file in kept.folder.glob("*/*")] == [path.name]  # no draft is left


def test_changed_code_is_run_again(kept, monkeypatch):
    kept()(7)
    monkeypatch.setattr(module, "_code", lambda module: "other code")
    kept()(7)
    assert len(kept.calls) == 2


def test_a_change_of_what_a_metric_imports_changes_its_code(monkeypatch):
    before = module._code(share_right.__module__)
    monkeypatch.setattr(module, "_LIBRARIES", ("numpy",))
    module._code.cache_clear()
    assert module._code(share_right.__module__) != before
    module._code.cache_clear()


def test_what_has_no_digest_is_refused(kept):
    with pytest.raises(TypeError, match="got object"):
        kept()(object())
    with pytest.raises(TypeError, match="not JSON serializable"):
        kept(lambda: {3})()
    assert list(kept.folder.glob("*/*.json")) == []


def test_without_a_folder_nothing_is_kept():
    found = Figures()(everything, 7)
    assert json.loads(json.dumps(found[0])) == [1, None, "é", 7]
    assert isinstance(found, list)
