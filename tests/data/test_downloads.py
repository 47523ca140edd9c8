"""Against a server in this process."""

import hashlib
import io
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from bench.data.downloads import DOWNLOADS, Download, fetched


def archive():
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        tar.addfile(entry := tarfile.TarInfo("files/a.jpg"), io.BytesIO(b""))
        assert entry.size == 0
    return written.getvalue()


CONTENT = {"/whole.bin": bytes(range(256)) * 40, "/a.tar": archive()}


class Server(BaseHTTPRequestHandler):
    asked: ClassVar = []  # ranges, in the order of the requests
    stops_after = None  # bytes of an answer
    ranges = True  # whether it sends parts

    def do_GET(self):
        content, wanted = CONTENT.get(self.path), self.headers.get("Range")
        self.asked.append(wanted)
        if content is None:
            return self.send_error(404)
        start = int(wanted[6:-1]) if wanted and self.ranges else 0
        if start and start >= len(content):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start:][: self.stops_after])

    def log_message(self, *words):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(Server, "asked", [])
    running = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


def wanted(server, path, content=None):
    digest = hashlib.sha256(CONTENT[path] if content is None else content).hexdigest()
    return Download(path[1:], server + path, digest)


def ignore(here, n_all):
    pass


def test_a_file_comes_whole_once_and_progress_is_told(server, tmp_path):
    told = []
    for _ in range(2):
        path = fetched(
            wanted(server, "/whole.bin"), tmp_path / "new", lambda *all: told.append(all)
        )
    assert path.read_bytes() == CONTENT["/whole.bin"]
    assert told[-1] == (10240, 10240)
    assert Server.asked == [None]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["whole.bin"]


def test_a_download_that_stopped_goes_on(server, tmp_path, monkeypatch):
    monkeypatch.setattr(Server, "stops_after", 4000)
    with pytest.raises(ConnectionError, match="stopped at 4000 of 10240 bytes; run this again"):
        fetched(wanted(server, "/whole.bin"), tmp_path, ignore)
    monkeypatch.setattr(Server, "stops_after", None)
    path = fetched(wanted(server, "/whole.bin"), tmp_path, ignore)
    assert path.read_bytes() == CONTENT["/whole.bin"]
    assert Server.asked == [None, "bytes=4000-"]


def test_a_server_without_ranges_sends_all_of_it(server, tmp_path, monkeypatch):
    monkeypatch.setattr(Server, "ranges", False)
    (tmp_path / "whole.bin.part").write_bytes(b"other")
    path = fetched(wanted(server, "/whole.bin"), tmp_path, ignore)
    assert path.read_bytes() == CONTENT["/whole.bin"]


def test_a_whole_part_is_only_checked(server, tmp_path):
    (tmp_path / "whole.bin.part").write_bytes(CONTENT["/whole.bin"])
    fetched(wanted(server, "/whole.bin"), tmp_path, ignore)
    assert [path.name for path in tmp_path.iterdir()] == ["whole.bin"]


def test_another_file_is_refused_and_removed(server, tmp_path):
    with pytest.raises(ValueError, match=r"expected whole\.bin with SHA-256 .* \(10240 bytes"):
        fetched(wanted(server, "/whole.bin", b"x"), tmp_path, ignore)
    assert not list(tmp_path.iterdir())


def test_another_file_that_is_there_is_refused_and_stays(server, tmp_path):
    (tmp_path / "a.tar").write_bytes(b"of the user")
    with pytest.raises(
        ValueError, match=r"expected .*/a\.tar with SHA-256 .* another file; remove"
    ):
        fetched(wanted(server, "/a.tar"), tmp_path, ignore)
    assert (tmp_path / "a.tar").read_bytes() == b"of the user"
    assert Server.asked == []


def test_an_archive_is_unpacked_beside_it(server, tmp_path):
    fetched(wanted(server, "/a.tar"), tmp_path, ignore)
    assert (tmp_path / "files/a.jpg").is_file()


def test_a_server_that_fails_is_told(server, tmp_path):
    with pytest.raises(ConnectionError, match=r"cannot download .*/gone: HTTP Error 404"):
        fetched(wanted(server, "/gone", b""), tmp_path, ignore)
    with pytest.raises(ConnectionError, match="cannot download http://127"):
        fetched(Download("a", "http://127.0.0.1:1/a", ""), tmp_path, ignore)


def test_digests_are_whole():
    for download in (one for all in DOWNLOADS.values() for one in all):
        assert len(bytes.fromhex(download.sha256)) == 32
        assert download.url.startswith("https://")
