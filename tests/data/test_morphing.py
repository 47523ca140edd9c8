"""Warps by landmarks: what moves, and what cannot."""

import numpy as np
import pytest

from bench.data.morphing import filled, mean_shape, moved, points_of
from bench.faces import Faces


def picture(n=16):
    return np.arange(3 * n * n, dtype=np.float32).reshape(3, n, n)


def test_landmarks_that_stay_change_nothing():
    points = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.8]], np.float32)
    np.testing.assert_allclose(moved(picture(), points, points), picture(), atol=1e-2)


def test_what_is_at_a_landmark_moves_with_it_and_the_corners_stay():
    dot = np.zeros((1, 32, 32), np.float32)
    dot[0, 12, 8] = 1  # row 12, column 8; its middle is at (8.5, 12.5) px
    start, end = (np.array([at], np.float32) / 32 for at in ([8.5, 12.5], [14.5, 18.5]))
    warped = moved(dot, start, end)
    assert np.unravel_index(warped[0].argmax(), (32, 32)) == (18, 14)
    assert warped[0, 18, 14] == pytest.approx(1, abs=1e-4)
    ramp = picture(32)
    corners = moved(ramp, start, end)[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    np.testing.assert_allclose(corners, ramp[:, [0, 0, -1, -1], [0, -1, 0, -1]], atol=20)


def test_between_two_landmarks_a_warp_is_linear():
    ramp = np.broadcast_to(np.arange(64, dtype=np.float32), (1, 64, 64))
    start = np.array([[16.5, 32.5], [48.5, 32.5]], np.float32) / 64
    end = np.array([[24.5, 32.5], [40.5, 32.5]], np.float32) / 64
    row = moved(ramp, start, end)[0, 32]
    np.testing.assert_allclose(row[24:41], np.linspace(16, 48, 17), atol=1e-3)


def test_a_face_without_landmarks_gets_the_mean_of_the_others():
    points = np.array([[[0.2, 0.4]], [[np.nan, 0.1]], [[0.4, 0.8]]], np.float32)
    shape = mean_shape(points)
    np.testing.assert_allclose(shape, [[0.3, 0.6]])
    np.testing.assert_allclose(filled(points, shape)[1], [[0.3, 0.6]])
    with pytest.raises(ValueError, match="landmarks in none of 1"):
        mean_shape(points[1:2])


def test_landmarks_of_the_data_set_are_its_label():
    given = np.array([[[0.25, 0.75]]], np.float32)
    faces = Faces(np.zeros((1, 3, 4, 4), np.uint8), {"landmarks": given}, np.arange(1))
    assert (points_of(faces, "label", "cpu") == given).all()
