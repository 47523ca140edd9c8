import os
import signal
import sys
import threading
import time
from concurrent.futures.process import BrokenProcessPool

import pytest

from bench import processes
from bench.processes import Pool, revealed

# Texts for `eval`: a process that is spawned cannot import this module.
LEAVE_A_THREAD = (
    "__import__('threading').Thread(target=__import__('time').sleep, args=(60,)).start() or 'done'"
)
LOOK_AROUND = (
    "str(dict(__import__('os').environ))",
    "str(__import__('sys').argv)",
    "''.join(open(f'/proc/self/{name}').read() for name in ('environ', 'cmdline'))"
    " if __import__('sys').platform == 'linux' else ''",
)


def test_processes_have_one_thread_and_keep_freed_memory(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    with Pool(1) as pool:
        assert pool.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"
        assert int(pool.submit(os.getenv, "MALLOC_TRIM_THRESHOLD_").result()) >= 2**30


def test_processes_know_neither_arguments_nor_where_data_lie(monkeypatch):
    monkeypatch.setenv("BENCH_DATA", "/secret")
    monkeypatch.setattr(sys, "argv", ["bench", "run", "--store", "/secret"])
    with Pool(1) as pool:
        environment, arguments, begun = (pool.submit(eval, text).result() for text in LOOK_AROUND)
        known = pool.submit(eval, "__import__('bench.processes').processes._known").result()
    assert "/secret" not in environment + arguments + begun
    assert known == {"BENCH_DATA": "/secret"}  # for data sets, while they load
    assert os.environ["BENCH_DATA"] == "/secret"


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
        assert pool.submit(eval, LEAVE_A_THREAD).result() == "done"


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


def test_what_is_hidden_is_revealed_to_a_block_only(monkeypatch):
    monkeypatch.setitem(processes._known, "BENCH_TOY", "/secret")
    with revealed():
        assert os.environ["BENCH_TOY"] == "/secret"
    assert "BENCH_TOY" not in os.environ
