"""How a command ends on Ctrl-C (SIGINT) or `kill` (SIGTERM)."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

END_S = 4.0  # after which it ends, whatever it does
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """INT or TERM came; not a KeyboardInterrupt, which a plugin may raise."""

    def __init__(self, number: int) -> None:
        """`number` is the signal's; `where` says how far the command was."""
        super().__init__(number)
        self.number, self.where = number, ""

    def __str__(self) -> str:
        return f"\nbench: stopped{self.where}; run the same command again to go on"


@contextmanager
def stoppable() -> Iterator[None]:
    """Raises Stopped at the first INT or TERM, and ignores those that follow."""
    before = {number: signal.signal(number, _stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is _stop:
                signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    for each in _SIGNALS:  # all processes of a run send on what they get
        signal.signal(each, signal.SIG_IGN)
    stopped = Stopped(number)
    late = threading.Timer(END_S, _end, (stopped,))
    late.daemon = True
    late.start()
    raise stopped


def _end(stopped: Stopped) -> None:
    print(stopped, file=sys.stderr, flush=True)
    os._exit(128 + stopped.number)
