"""Model files come whole or not at all: from addresses, from the disk."""

import hashlib
import http.server
import threading

import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.fetch import fetch_from_url, place_file
from txt2vid_ros.core.models.manifest import Model

WEIGHTS = bytes(range(256)) * 4096  # 1 MiB
MODEL = Model(
    file='net.pth', purpose='tests', needed=True, licence='CC0-1.0', page='the publisher',
    size=len(WEIGHTS), sha256=hashlib.sha256(WEIGHTS).hexdigest())


class Server(http.server.ThreadingHTTPServer):
    """Serves `content`; can cut replies short, ignore ranges, and keeps the ranges asked for."""

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.content = WEIGHTS
        self.cut_after = []  # bytes after which the next replies end
        self.resumes = True
        self.status = None
        self.ranges = []

    @property
    def url(self):
        return f'http://127.0.0.1:{self.server_port}/net.pth'


class Handler(http.server.BaseHTTPRequestHandler):

    def do_GET(self):
        server = self.server
        wanted = self.headers.get('Range')
        server.ranges.append(wanted)
        if server.status:
            self.send_error(server.status)
            return
        start = 0
        if wanted and server.resumes:
            start = int(wanted.removeprefix('bytes=').removesuffix('-'))
        self.send_response(206 if start else 200)
        body = server.content[start:]
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body[:server.cut_after.pop(0)] if server.cut_after else body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    served = Server()
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield served
    served.shutdown()
    served.server_close()
    thread.join(10)


def test_a_download_arrives_whole_and_reports_every_byte(server, tmp_path):
    done = []
    fetch_from_url(MODEL, server.url, tmp_path / 'models', done.append)
    assert (tmp_path / 'models' / 'net.pth').read_bytes() == WEIGHTS
    assert sum(done) == len(WEIGHTS)
    assert [path.name for path in (tmp_path / 'models').iterdir()] == ['net.pth']


def test_a_lost_connection_is_taken_up_where_it_ended(server, tmp_path):
    server.cut_after = [300_000, 200_000]
    done = []
    fetch_from_url(MODEL, server.url, tmp_path, done.append)
    assert (tmp_path / 'net.pth').read_bytes() == WEIGHTS
    assert server.ranges == [None, 'bytes=300000-', 'bytes=500000-']
    assert sum(done) == len(WEIGHTS)


def test_an_earlier_run_is_gone_on_with(server, tmp_path):
    server.cut_after = [100_000] * 4
    with pytest.raises(UserError, match='ended after 400000 of') as caught:
        fetch_from_url(MODEL, server.url, tmp_path, lambda _: None)
    assert 'try again to resume' in str(caught.value)
    assert not (tmp_path / 'net.pth').exists()
    fetch_from_url(MODEL, server.url, tmp_path, lambda _: None)
    assert server.ranges[-1] == 'bytes=400000-'
    assert (tmp_path / 'net.pth').read_bytes() == WEIGHTS


def test_a_server_that_cannot_resume_sends_it_all_again(server, tmp_path):
    server.resumes = False
    server.cut_after = [300_000]
    done = []
    fetch_from_url(MODEL, server.url, tmp_path, done.append)
    assert (tmp_path / 'net.pth').read_bytes() == WEIGHTS
    assert sum(done) == len(WEIGHTS)


def test_a_finished_part_needs_no_server(server, tmp_path):
    (tmp_path / '.net.pth.part').write_bytes(WEIGHTS)
    fetch_from_url(MODEL, server.url, tmp_path, lambda _: None)
    assert (tmp_path / 'net.pth').read_bytes() == WEIGHTS
    assert server.ranges == []


def test_a_part_that_is_too_long_is_begun_anew(server, tmp_path):
    (tmp_path / '.net.pth.part').write_bytes(WEIGHTS + b'more')
    fetch_from_url(MODEL, server.url, tmp_path, lambda _: None)
    assert (tmp_path / 'net.pth').read_bytes() == WEIGHTS


@pytest.mark.parametrize(('content', 'words'), [
    (b'<html>' + b'x' * 200_000, 'web page'),
    (WEIGHTS[:-1] + b'!', 'not the published'),
    (WEIGHTS + WEIGHTS, 'not the published'),
])
def test_another_file_is_refused_and_not_kept(server, tmp_path, content, words):
    server.content = content
    with pytest.raises(UserError, match=words):
        fetch_from_url(MODEL, server.url, tmp_path, lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_is_not_tried_again(server, tmp_path):
    server.status = 404
    with pytest.raises(UserError, match=r'cannot be downloaded \(HTTP Error 404'):
        fetch_from_url(MODEL, server.url, tmp_path, lambda _: None)
    assert len(server.ranges) == 1


@pytest.mark.parametrize('url', ['no address', 'http://127.0.0.1:1/net.pth'])
def test_a_bad_or_dead_address_is_one_line(tmp_path, url):
    with pytest.raises(UserError, match='cannot be downloaded') as caught:
        fetch_from_url(MODEL, url, tmp_path, lambda _: None)
    assert '\n' not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_said_so(server, tmp_path):
    (tmp_path / 'file').write_text('in the way')
    with pytest.raises(UserError, match='cannot be written'):
        fetch_from_url(MODEL, server.url, tmp_path / 'file' / 'models', lambda _: None)
    with pytest.raises(UserError, match='cannot be written'):
        place_file(MODEL, tmp_path / 'file', tmp_path / 'file' / 'models')


def test_placing_a_file_on_itself_leaves_it(tmp_path):
    path = tmp_path / 'net.pth'
    path.write_bytes(WEIGHTS)
    assert place_file(MODEL, path, tmp_path) == path
    assert path.read_bytes() == WEIGHTS
