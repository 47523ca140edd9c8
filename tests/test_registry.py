import signal

import pytest

from bench.api import Defense
from bench.registry import brief, load_file, make, spec_of
from bench.spec import Spec


@pytest.mark.parametrize(
    "text", ["blur", "blur:sigma=0.1", "san@quick", "san@quick:strength=1.5", "pprl_vgan@ferg"]
)
def test_a_spec_is_shown_as_it_was_written(text):
    plugin = make(Defense, Spec.parse(text))
    shown = brief(Defense, spec_of(plugin))
    assert str(shown) == text
    assert make(Defense, shown) == plugin


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import sys; sys.exit(0)", r"SystemExit\(0\)"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("while True: pass", "its import took over 0.2 s"),
    ],
)
def test_a_file_that_does_not_end_its_import_is_told(tmp_path, monkeypatch, text, told):
    monkeypatch.setattr("bench.registry.IMPORT_S", 0.2)
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises(ImportError, match=told):
        load_file(tmp_path / "bad.py")


def test_an_import_in_time_leaves_no_alarm(tmp_path):
    (tmp_path / "good.py").write_text("x = 1")
    load_file(tmp_path / "good.py")
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
