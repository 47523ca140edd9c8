import os
import signal
import sys
import threading
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from bench.processes import Pool, revealed


def test_processes_have_one_thread_and_keep_freed_memory(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    with Pool(1) as pool:
        assert pool.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"
        assert int(pool.submit(os.getenv, "MALLOC_TRIM_THRESHOLD_").result()) >= 2**30


def test_processes_know_neither_arguments_nor_where_data_lie(monkeypatch):
    monkeypatch.setenv("BENCH_DATA", "/secret")
    monkeypatch.setattr(sys, "argv", ["bench", "run", "--store", "/secret"])
    with Pool(1) as pool:
        seen, begun, shown, after = pool.submit(_look_around).result()
    assert "/secret" not in f"{seen} {after}"
    assert b"/secret" not in begun
    assert shown == "/secret"  # to a data set, while it loads
    assert os.environ["BENCH_DATA"] == "/secret"


def _look_around():
    begun = b""
    for name in ("environ", "cmdline"):
        path = Path(f"/proc/self/{name}")
        begun += path.read_bytes() if path.exists() else b""
    seen = f"{dict(os.environ)} {sys.argv}"
    with revealed():
        shown = os.environ["BENCH_DATA"]
    return seen, begun, shown, str(dict(os.environ))


def test_a_stopped_pool_ends_what_runs():
    pool, start = Pool(1), time.monotonic()
    job = pool.submit(time.sleep, 20)
    pool.stop()
    assert isinstance(job.exception(), BrokenProcessPool)
    assert time.monotonic() - start < 15


def test_an_exception_stops_the_pool():
    def broken():
        with Pool(1) as pool:
            pool.submit(time.sleep, 20)
            raise KeyError

    with pytest.raises(KeyError):
        broken()


def test_a_pool_ends_although_a_thread_of_its_processes_goes_on():
    with Pool(1) as pool:
        assert pool.submit(_leave_a_thread).result() == "done"


def test_a_process_that_dies_is_not_taken_for_a_stop():
    """The pool ends the others by KILL: a TERM would be sent on to this process."""
    got: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: got.append(number))
    try:
        with Pool(2) as pool:
            list(pool.map(time.sleep, [0.3, 0.3]))  # both have started
            jobs = [pool.submit(time.sleep, 20), pool.submit(os._exit, 1)]
            assert all(isinstance(job.exception(), BrokenProcessPool) for job in jobs)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not got


def test_a_signal_to_a_process_is_sent_on():
    got = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda number, frame: got.set())
    try:
        with Pool(1) as pool:
            pool.submit(signal.raise_signal, signal.SIGTERM).result()
            assert got.wait(10)
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave_a_thread():
    threading.Thread(target=threading.Event().wait).start()
    return "done"
