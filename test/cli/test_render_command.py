"""`txt2vid render` destroys none of its inputs, and keeps the shape of a picture."""

from __future__ import annotations

from pathlib import Path
import subprocess

from command_line import ROOT, txt2vid
import pytest

PORTRAIT = ROOT / 'txt2vid_ros' / 'assets' / 'portrait.jpg'


def video_size(file: Path) -> str:
    return subprocess.run(
        ['ffprobe', '-v', 'error', '-select_streams', 'v', '-show_entries', 'stream=width,height',
         '-of', 'csv=p=0', str(file)], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize('link', ['same', 'symbolic', 'hard', 'spelled'])
@pytest.mark.parametrize('option', ['--face', '--audio', '--text-file', '--people'])
def test_an_output_that_is_an_input_is_refused(tmp_path: Path, link: str, option: str) -> None:
    source, out = tmp_path / 'in.mp4', tmp_path / 'out.mp4'
    content = b'{}' if option == '--people' else b'Hello.'
    source.write_bytes(content)
    match link:
        case 'same':
            out = source
        case 'symbolic':
            out.symlink_to(source)
        case 'hard':
            out.hardlink_to(source)
        case 'spelled':
            out = tmp_path / '..' / tmp_path.name / 'in.mp4'
    words = [] if option in ('--audio', '--text-file') else ['--text', 'Hello.']
    before = sorted(tmp_path.iterdir())
    done = txt2vid('render', option, str(source), *words, '--out', str(out))
    assert done.returncode == 2
    assert done.stderr == (f'txt2vid: --out {out} is the same file as {option} {source}, which it '
                           'would overwrite. Choose another file.\n')
    assert source.read_bytes() == content
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(('words', 'size'), [
    (['--width', '121'], '120,160'), (['--height', '160'], '120,160'),
    (['--width', '160', '--height', '120'], '160,120'),
    (['--max-pixels', '20000'], '122,162')])
def test_a_portrait_stays_one_unless_both_sides_are_given(
        tmp_path: Path, words: list[str], size: str) -> None:
    face = tmp_path / 'face.png'
    subprocess.run(['ffmpeg', '-v', 'error', '-i', str(PORTRAIT), '-vf', 'crop=540:720',
                    str(face)], check=True)
    done = txt2vid('render', '--text', 'Hi.', '--face', str(face), '--fps', '2', *words, '--out',
                   str(tmp_path / 'A.MP4'), timeout=240)
    assert done.returncode == 0, done.stderr
    assert video_size(tmp_path / 'A.MP4') == size


@pytest.mark.parametrize('option', ['--face', '--input'])
def test_a_recording_to_an_input_is_refused(tmp_path: Path, option: str) -> None:
    source = tmp_path / 'in.mp4'
    source.write_bytes(b'a video')
    done = txt2vid('live', option, str(source), '--record', str(tmp_path / '.' / 'in.mp4'))
    assert done.returncode == 2
    assert f'is the same file as {option} {source}' in done.stderr
    assert source.read_bytes() == b'a video'


def test_an_extension_that_names_no_kind_of_video_is_said_in_plain_words(tmp_path: Path) -> None:
    out = tmp_path / 'hello.xyz'
    done = txt2vid('render', '--text', 'Hi.', '--fps', '2', '--out', str(out), timeout=240)
    assert done.returncode == 2
    assert f"Unable to find a suitable output format for '{out}'" in done.stderr
    assert '0x' not in done.stderr and '.part' not in done.stderr
    assert not list(tmp_path.iterdir())
