"""`txt2vid models` as a user types it, on a list of small files."""

import hashlib

from command_line import txt2vid
import pytest
import yaml

FREE = b'free weights ' * 100
BOUND = b'research weights ' * 100


def entry(name, content, **more):
    return {'file': name, 'purpose': f'is {name}', 'needed': False, 'licence': 'CC0-1.0',
            'page': 'https://publisher.example', 'size': len(content),
            'sha256': hashlib.sha256(content).hexdigest(), **more}


@pytest.fixture
def models(tmp_path, monkeypatch):
    """Return a function that runs `txt2vid models`; the folder is tmp_path/models."""
    manifest = tmp_path / 'models.yaml'
    manifest.write_text(yaml.safe_dump([
        entry('free.bin', FREE, needed=True, url=(tmp_path / 'published.bin').as_uri()),
        entry('bound.bin', BOUND, terms='Research only.'),
    ]))
    (tmp_path / 'published.bin').write_bytes(FREE)
    monkeypatch.setenv('TXT2VID_MODELS', str(tmp_path / 'models'))
    return lambda *words: txt2vid('models', '--manifest', str(manifest), *words)


def test_list_says_what_is_here_and_under_which_licence(models, tmp_path):
    (tmp_path / 'models').mkdir()
    (tmp_path / 'models' / 'bound.bin').write_bytes(b'half')
    done = models('list')
    assert done.returncode == 0
    out = done.stdout
    assert 'free.bin (0.0 MB): missing' in out
    assert 'bound.bin (0.0 MB): damaged' in out
    assert out.count('licence: CC0-1.0') == 2
    assert f'url:     {(tmp_path / "published.bin").as_uri()}' in out
    assert out.count('terms:') == 1 and 'terms:   Research only.' in out


def test_fetch_brings_what_is_needed_once(models, tmp_path):
    done = models('verify')
    assert done.returncode == 1
    assert 'free.bin: missing' in done.stdout
    assert models('fetch').returncode == 0
    assert (tmp_path / 'models' / 'free.bin').read_bytes() == FREE
    assert not (tmp_path / 'models' / 'bound.bin').exists()
    (tmp_path / 'published.bin').unlink()
    assert models('fetch').returncode == 0  # needs no source any more
    done = models('verify')
    assert done.returncode == 0
    assert 'free.bin: ok\nbound.bin: missing\n' in done.stdout


def test_a_damaged_file_is_found_and_mended(models, tmp_path):
    models('fetch')
    (tmp_path / 'models' / 'free.bin').write_bytes(FREE[:-5])
    done = models('verify', 'free.bin')
    assert done.returncode == 1
    assert 'truncated' in done.stdout
    assert models('fetch', 'free.bin').returncode == 0
    assert models('verify', 'free.bin').returncode == 0


def test_weights_with_terms_wait_for_consent(models, tmp_path):
    (tmp_path / 'elsewhere.bin').write_bytes(BOUND)
    words = ('fetch', 'bound.bin', '--url', (tmp_path / 'elsewhere.bin').as_uri())
    done = models(*words)
    assert done.returncode == 2
    assert 'Research only.' in done.stderr
    assert '--accept-terms' in done.stderr
    assert models(*words, '--accept-terms').returncode == 0
    assert (tmp_path / 'models' / 'bound.bin').read_bytes() == BOUND


def test_weights_without_an_address_say_where_to_get_them(models):
    done = models('fetch', 'bound.bin', '--accept-terms')
    assert done.returncode == 2
    assert 'https://publisher.example' in done.stderr


@pytest.mark.parametrize('name', ['bound.bin', 'download(1).bin'])
def test_import_recognises_the_file_and_asks_for_consent(models, tmp_path, name):
    (tmp_path / name).write_bytes(BOUND)
    done = models('import', str(tmp_path / name))
    assert done.returncode == 2
    assert 'Research only.' in done.stderr and '--accept-terms' in done.stderr
    assert not (tmp_path / 'models').exists()
    assert models('import', str(tmp_path / name), '--accept-terms').returncode == 0
    assert (tmp_path / 'models' / 'bound.bin').read_bytes() == BOUND


def test_import_refuses_what_is_not_the_published_file(models, tmp_path):
    (tmp_path / 'bound.bin').write_bytes(b'<html>Sign in')
    done = models('import', str(tmp_path / 'bound.bin'), '--accept-terms')
    assert done.returncode == 2
    assert 'web page' in done.stderr
    assert not (tmp_path / 'models').exists()


@pytest.mark.parametrize(('words', 'said'), [
    (('import', '/no/such/file'), 'not a file'),
    (('import', __file__), 'neither the name nor the size'),
    (('import', __file__, '--as', 'other'), 'no model'),
    (('verify', 'other'), 'Choose one of free.bin, bound.bin.'),
    (('fetch', '--url', 'https://publisher.example/x'), 'name it'),
])
def test_a_wrong_word_gets_one_line(models, words, said):
    done = models(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count('\n') == 1


def test_a_file_of_which_no_sum_is_published_is_listed_with_its_place_and_taken_as_it_is(
        tmp_path, monkeypatch):
    monkeypatch.setenv('TXT2VID_MODELS', str(tmp_path / 'models'))
    name = 'pocket-tts/english/model.safetensors'
    listed = txt2vid('models', 'list').stdout.partition(f'{name} ')[2].partition('\n\n')[0]
    assert listed.startswith('(size not published): missing')
    for said in ('licence: CC-BY-4.0', 'kyutai/pocket-tts', 'sha256:  none published', 'consent'):
        assert said in listed
    done = txt2vid('models', 'fetch', name, '--accept-terms')
    assert done.returncode == 2 and 'kyutai/pocket-tts' in done.stderr
    file = tmp_path / 'model.safetensors'
    words = ('models', 'import', str(file), '--as', name, '--accept-terms')
    file.write_text('<!DOCTYPE html><html>Sign in</html>')
    assert 'web page' in txt2vid(*words).stderr
    file.write_bytes(FREE)
    assert txt2vid(*words).returncode == 0
    assert (tmp_path / 'models' / name).read_bytes() == FREE
    assert 'here; sha256: none published' in txt2vid('models', 'verify', name).stdout


def test_the_command_finds_what_set_up_has_fetched():
    done = txt2vid('models', 'verify')
    assert 'face_landmark.tflite: ok' in done.stdout
    assert 'face_detection_short_range.tflite: ok' in done.stdout
