import subprocess
import warnings

import numpy as np
import pytest
from PIL import Image

from bench.data import image_files
from bench.data.image_files import MAX_FRAME_PIXELS, MAX_PIXELS, frames, upright


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
    with pytest.warns(UserWarning, match="not read: 1 file, e.g. .*notes.txt; expected PICTURE"):
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


def grey_of(path):
    """The grey level of a picture of one colour."""
    (colour,) = {colour for _, colour in upright(path).getcolors()}
    assert len(set(colour)) == 1
    return colour[0]


@pytest.mark.parametrize(
    ("name", "pixels", "expected"),
    [
        ("a.png", np.uint16([[51400]]), 200),  # 16 bits: 200 * 257
        ("a.tif", np.uint16([[51400]]), 200),
        ("a.png", np.uint8([[200]]), 200),
        ("a.tif", np.float32([[0.5]]), 128),
        ("a.tif", np.float32([[1.0]]), 255),
        ("a.png", np.array([[True]]), 255),  # 1 bit
    ],
)
def test_pixels_are_scaled_by_their_depth(tmp_path, name, pixels, expected):
    Image.fromarray(pixels.repeat(4, axis=0).repeat(4, axis=1)).save(tmp_path / name)
    assert grey_of(tmp_path / name) == expected


def test_grey_of_16_bits_is_scaled_in_pgm_and_in_either_order_of_bytes(tmp_path):
    (tmp_path / "a.pgm").write_bytes(b"P5 2 1 4095 " + np.array([4095, 4095], ">u2").tobytes())
    assert grey_of(tmp_path / "a.pgm") == 255
    big = Image.frombytes("I;16B", (2, 1), np.array([51400, 51400], ">u2").tobytes())
    big.save(tmp_path / "a.tif")
    assert grey_of(tmp_path / "a.tif") == 200


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.1, 1.1, 255])
def test_floats_that_are_not_all_in_0_to_1_are_refused(tmp_path, value):
    Image.fromarray(np.float32([[0.5, value]])).save(tmp_path / "a.tif")
    with pytest.raises(ValueError, match=r"a.tif has float pixels that are not all in 0..1; scale"):
        upright(tmp_path / "a.tif")


@pytest.mark.parametrize("mode", ["LAB", "I"])
def test_pixels_of_unknown_scale_are_refused_by_name(tmp_path, mode):
    Image.new(mode, (4, 4)).save(tmp_path / "a.tif")
    with pytest.raises(ValueError, match=f"a.tif has pixels of Pillow's mode '{mode}', expected"):
        upright(tmp_path / "a.tif")


@pytest.mark.parametrize("mode", ["LA", "RGBA", "P", "L", "RGB", "1"])
def test_transparent_pixels_are_white_and_hide_their_colour(tmp_path, mode):
    """A black picture; all of it is transparent."""
    if mode in ("LA", "RGBA"):
        Image.new(mode, (4, 4), 0).save(tmp_path / "a.png")
    else:
        hidden = (0, 0, 0) if mode == "RGB" else 0
        Image.new(mode, (4, 4), 0).save(tmp_path / "a.png", transparency=hidden)
    assert grey_of(tmp_path / "a.png") == 255


def test_half_transparent_pixels_are_half_white(tmp_path):
    Image.new("RGBA", (4, 4), (0, 0, 0, 128)).save(tmp_path / "a.webp", lossless=True, exact=True)
    assert grey_of(tmp_path / "a.webp") == 127


@pytest.mark.parametrize(("mode", "name"), [("CMYK", "a.jpg"), ("PA", "a.tif")])
def test_other_kinds_of_colour_become_rgb(tmp_path, mode, name):
    Image.new("RGB", (8, 8), "white").convert(mode).save(tmp_path / name)
    assert grey_of(tmp_path / name) >= 254


def test_no_other_program_is_started_for_a_file_of_another_format(tmp_path, monkeypatch):
    """EPS would start Ghostscript."""
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n"
    (tmp_path / "cat.jpg").write_bytes(eps)
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: pytest.fail("a program was started"))
    with pytest.raises(ValueError, match=r"cat.jpg cannot be read, .* or not one of .*PNG"):
        upright(tmp_path / "cat.jpg")


def test_the_picture_of_a_phone_with_two_frames_is_one_picture(tmp_path):
    main, small = (Image.new("RGB", (side, side), "white") for side in (16, 4))
    main.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[small])
    assert [*frames(tmp_path / "a.jpg", 16).pictures] == ["a"]


def animation(path, n, side):
    """Frames of alternating colour; equal ones would be joined."""
    shades = [Image.new("L", (side, side), 255 * (i % 2)) for i in range(n)]
    shades[0].save(path, save_all=True, append_images=shades[1:])


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tif"])
def test_of_an_animation_only_the_first_frame_is_decoded_if_one_is_asked_for(tmp_path, suffix):
    animation(tmp_path / f"a.{suffix}", 3, 16)
    whole = (tmp_path / f"a.{suffix}").read_bytes()
    assert len(frames(tmp_path / f"a.{suffix}", 16).pictures) == 3
    if suffix == "gif":  # a damaged end does not matter
        (tmp_path / "a.gif").write_bytes(whole[:-12])
    assert grey_of(tmp_path / f"a.{suffix}") == 0


def test_an_animation_is_bounded_in_all_and_each_frame(tmp_path, monkeypatch):
    monkeypatch.setattr(image_files, "MAX_PIXELS", 1000)
    monkeypatch.setattr(image_files, "MAX_FRAME_PIXELS", 300)
    animation(tmp_path / "a.gif", 5, 16)  # 256 pixels each
    with pytest.raises(ValueError, match=r"a.gif unpacks to 16x16 pixels in each of 5 frames, exp"):
        frames(tmp_path / "a.gif", 4)
    animation(tmp_path / "b.gif", 3, 16)
    assert len(frames(tmp_path / "b.gif", 4).pictures) == 3
    with pytest.raises(ValueError, match="1,000 in all"):
        frames(tmp_path / "b.gif", 20)  # each frame becomes 400 pixels
    animation(tmp_path / "c.gif", 2, 18)
    with pytest.raises(ValueError, match="at most 300, and 1,000 in all"):
        frames(tmp_path / "c.gif", 4)
    assert upright(tmp_path / "c.gif").size == (18, 18)


def test_limits_hold_a_frame_in_4k_and_keep_memory_small():
    assert MAX_FRAME_PIXELS > 3840 * 2160
    assert 4 * 4 * MAX_FRAME_PIXELS <= 200e6  # four copies of 4 bytes a pixel
    assert 3 * MAX_PIXELS <= 200e6  # what comes out


def test_a_bomb_is_one_line_and_warnings_of_pillow_are_not_shown(tmp_path):
    Image.new("1", (15_000, 15_000)).save(tmp_path / "a.png")
    with warnings.catch_warnings(action="error"):
        with pytest.raises(ValueError, match=r"a\.png cannot be read, it is .* too large"):
            upright(tmp_path / "a.png")
        Image.new("1", (10_000, 10_000)).save(tmp_path / "b.png")
        with pytest.raises(ValueError, match=r"b\.png unpacks to 10000x10000 pixels, exp"):
            upright(tmp_path / "b.png")
