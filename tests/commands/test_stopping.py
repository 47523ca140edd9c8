"""What INT and TERM do to a command."""

import os
import signal

import pytest
import typer

from bench.commands import stopping
from bench.commands.options import user_errors


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM])
def number(request, monkeypatch):
    """A signal; handlers are restored, and nothing ends the tests."""
    monkeypatch.setattr(stopping, "_end", lambda stopped: None)
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    yield request.param
    for each, handler in before.items():
        signal.signal(each, handler)


def test_the_first_signal_stops_and_further_ones_are_ignored(number, capsys):
    def stopped_often():
        try:
            os.kill(os.getpid(), number)
        finally:
            for each in (signal.SIGINT, signal.SIGTERM):
                os.kill(os.getpid(), each)

    with pytest.raises(typer.Exit) as end, user_errors():
        stopped_often()
    assert end.value.exit_code == 128 + number
    text = capsys.readouterr().err.strip()
    assert text == "bench: stopped; run the same command again to go on"


def test_without_a_signal_handlers_are_as_before():
    before = signal.getsignal(signal.SIGTERM)
    with user_errors():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
