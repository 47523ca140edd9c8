import os

from bench.processes import process_pool


def test_processes_have_one_thread_and_keep_freed_memory(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    with process_pool(1) as pool:
        assert pool.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"
        assert int(pool.submit(os.getenv, "MALLOC_TRIM_THRESHOLD_").result()) >= 2**30
