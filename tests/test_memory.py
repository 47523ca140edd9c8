import numpy as np

from bench import memory
from bench.memory import blocks, empty, first_equal, mean_and_std, picked


def test_blocks_cover_an_array_in_order_within_the_budget(monkeypatch):
    monkeypatch.setattr(memory, "BLOCK_BYTES", 35)
    array = np.arange(10 * 5, dtype=np.uint16).reshape(10, 5)  # 10 bytes an entry
    assert [(at.start, at.stop) for at in blocks(array)] == [(0, 3), (3, 6), (6, 9), (9, 12)]
    assert [array[at].nbytes for at in blocks(array)] == [30, 30, 30, 10]
    assert [(at.start, at.stop) for at in blocks(array, 2)] == [(0, 3)]
    monkeypatch.setattr(memory, "BLOCK_BYTES", 1)  # an entry is never cut
    assert len(list(blocks(array))) == 10


def test_a_large_array_lies_in_a_file_that_has_no_name(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "IN_MEMORY_BYTES", 10)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = empty((4, 8), np.uint8)
    made[:] = 7
    assert made.sum() == 7 * 32
    assert type(made) is np.ndarray
    assert list(tmp_path.iterdir()) == []


def test_picked_entries_are_a_copy(monkeypatch):
    monkeypatch.setattr(memory, "BLOCK_BYTES", 2)
    array = np.arange(6)
    for index in (np.array([4, 0, 4]), np.array([True, False] * 3)):
        found = picked(array, index)
        assert found.tolist() == array[index].tolist()
        found[:] = -1
    assert array.tolist() == [0, 1, 2, 3, 4, 5]


def test_means_and_deviations_of_blocks_are_those_of_the_whole(rng, monkeypatch):
    monkeypatch.setattr(memory, "BLOCK_BYTES", 200)  # 4 entries of 6 float64
    codes = rng.normal(1000, 0.01, (30, 2, 3)).astype(np.float32)  # float32 sums would be off
    for array in (codes, rng.integers(0, 256, (30, 2, 3)).astype(np.uint8)):
        mean, std = mean_and_std(array)
        np.testing.assert_allclose(mean, array.astype(float).mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(std, array.astype(float).std(axis=0), rtol=1e-9)


def test_equal_entries_are_known_by_the_first():
    pictures, notes = np.array([[1, 2], [3, 4], [1, 2], [1, 2]]), np.array([0, 0, 0, 1])
    assert first_equal([pictures], np.arange(4)).tolist() == [0, 1, 0, 0]
    assert first_equal([pictures, notes], np.arange(4)).tolist() == [0, 1, 0, 3]
    assert first_equal([pictures], np.array([3, 1, 0])).tolist() == [0, 1, 0]
