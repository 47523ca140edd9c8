import numpy as np
import pytest
from PIL import Image

from bench.data.clips import Clip, read_clip, save_clip, squared, unsquared


def pictures(rng, n, width=20, height=12):
    return [
        Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)) for _ in range(n)
    ]


@pytest.mark.parametrize("suffix", [".gif", ".apng", ".webp"])
def test_an_animation_keeps_frames_durations_and_loops(rng, tmp_path, suffix):
    save_clip(Clip(pictures(rng, 3), (40, 100, 20), 2), tmp_path / f"a{suffix}")
    found = read_clip(tmp_path / f"a{suffix}")
    assert [frame.size for frame in found.frames] == [(20, 12)] * 3
    assert (list(found.durations_ms), found.loop) == ([40, 100, 20], 2)


def test_a_picture_is_one_frame_without_metadata(rng, tmp_path):
    (picture,) = pictures(rng, 1)
    exif = Image.Exif()
    exif[0x010E] = "Jane"  # description
    exif[0x0112] = 6  # to be turned by 90 degrees
    picture.save(tmp_path / "a.png", exif=exif)
    found = read_clip(tmp_path / "a.png")
    assert [frame.size for frame in found.frames] == [(12, 20)]
    save_clip(found, tmp_path / "b.png")
    assert b"Jane" not in (tmp_path / "b.png").read_bytes()
    np.testing.assert_array_equal(
        np.asarray(Image.open(tmp_path / "b.png")), np.rot90(np.asarray(picture), -1)
    )


def test_padding_repeats_the_edges_and_is_cut_off_again(rng):
    (picture,) = pictures(rng, 1, width=4, height=2)
    padded = squared(picture, 4)
    rows = np.asarray(picture).transpose(2, 0, 1)  # (3, 2, 4)
    np.testing.assert_array_equal(padded, rows[:, [0, 0, 1, 1]])
    np.testing.assert_array_equal(np.asarray(unsquared(padded, (4, 2))), np.asarray(picture))
