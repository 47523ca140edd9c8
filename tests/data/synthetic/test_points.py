import numpy as np

from bench.data.synthetic.points import chosen, patch


def test_points_are_counted_by_picture():
    mask = np.array([[False, True, True], [False, False, False], [True, False, True]])
    points = chosen(mask, np.full(3, 3))
    assert points.places.tolist() == [1, 2, 6, 8]
    assert points.counts.tolist() == [2, 0, 2]
    assert points.at(np.array([5.0, 6.0, 7.0])).tolist() == [5, 5, 7, 7]
    among = chosen(np.array([False, True, True, False]), points.counts)
    assert among.places.tolist() == [1, 2]
    assert among.counts.tolist() == [1, 0, 1]


def test_a_patch_changes_its_points_only():
    canvas = np.zeros((3, 4), np.float32)
    with patch(canvas, chosen(np.array([False, True, False, True]), np.full(2, 2))) as part:
        part += np.array([[1.0], [2.0], [3.0]])
    assert canvas.tolist() == [[0, 1, 0, 1], [0, 2, 0, 2], [0, 3, 0, 3]]
