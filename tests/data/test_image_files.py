import numpy as np
import pytest
from PIL import Image

from bench.data.image_files import frames


def saved(path, height=16, width=16, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(path)
    return pixels


def test_a_picture_of_the_right_size_is_unchanged(tmp_path):
    pixels = saved(tmp_path / "a.png")
    read = frames(tmp_path / "a.png", 16)
    assert read.n_resized == 0
    np.testing.assert_array_equal(read.pictures["a"], pixels.transpose(2, 0, 1))


def test_another_size_is_cut_to_a_centred_square_and_resized(tmp_path):
    pixels = saved(tmp_path / "wide.png", height=16, width=32)
    Image.new("RGB", (40, 60), (10, 20, 30)).save(tmp_path / "large.png")
    read = frames(tmp_path, 16)
    assert read.n_resized == 2
    np.testing.assert_array_equal(read.pictures["wide"], pixels[:, 8:24].transpose(2, 0, 1))
    assert (read.pictures["large"] == np.array([10, 20, 30])[:, None, None]).all()


def test_a_folder_is_read_in_the_order_of_names_without_other_files(tmp_path):
    for number in (2, 0, 1):
        saved(tmp_path / f"f{number}.png", seed=number)
    (tmp_path / "notes.txt").write_text("no picture")
    assert [*frames(tmp_path, 16).pictures] == ["f0", "f1", "f2"]


def test_folders_in_a_folder_are_read_too(tmp_path):
    for person in ("ada", "bob"):
        (tmp_path / person).mkdir()
        saved(tmp_path / person / "0.png")
    assert [*frames(tmp_path, 16).pictures] == ["ada/0", "bob/0"]


def test_an_animation_is_read_frame_by_frame(tmp_path):
    shades = [Image.new("RGB", (16, 16), (level,) * 3) for level in (10, 90, 200)]
    shades[0].save(tmp_path / "clip.gif", save_all=True, append_images=shades[1:])
    read = frames(tmp_path / "clip.gif", 16).pictures
    assert [*read] == ["clip-0000", "clip-0001", "clip-0002"]
    assert [int(image[0, 0, 0]) for image in read.values()] == [10, 90, 200]


def test_a_broken_picture_is_named(tmp_path):
    saved(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes()[:200])
    with pytest.raises(ValueError, match=r"b.png cannot be read, .*; restore or remove it"):
        frames(tmp_path, 16)


def test_no_picture_is_an_error(tmp_path):
    for path in (tmp_path, tmp_path / "none.png"):
        with pytest.raises(FileNotFoundError, match="expected a picture, an animation or a folder"):
            frames(path, 16)


def test_two_pictures_of_one_name_are_an_error(tmp_path):
    for suffix in ("bmp", "png"):
        saved(tmp_path / f"a.{suffix}")
    with pytest.raises(ValueError, match=r"two pictures are called a, e.g. .*a.png; rename one"):
        frames(tmp_path, 16)
