"""What the list of models says about a file, and what it says of files that are something else."""

import hashlib

import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.manifest import check_file, find_model, load_manifest, Model

WEIGHTS = bytes(range(256)) * 16
MODEL = Model(
    file='net.pth', purpose='tests', needed=True, licence='CC0-1.0', page='the publisher',
    size=len(WEIGHTS), sha256=hashlib.sha256(WEIGHTS).hexdigest())


def test_the_shipped_list_names_all_weights_with_sums_and_licences():
    models = load_manifest()
    assert {'face_detection_short_range.tflite', 'face_landmark.tflite', 'wav2lip_gan.pth',
            'wav2lip.pth', 's3fd.pth'} <= set(models)
    for model in models.values():
        if model.collection != 'pocket-tts':  # its publisher states neither
            assert len(bytes.fromhex(model.sha256)) == 32
            assert model.size > 0
        assert model.licence
        assert model.page.startswith('https://')
        assert model.fetchable or not model.needed
        # What is not free asks for consent, and what is needed is free.
        assert bool(model.terms) != model.licence.startswith('Apache')
        assert not (model.needed and model.terms)


def test_the_published_file_passes_and_reports_its_progress(tmp_path):
    path = tmp_path / 'net.pth'
    path.write_bytes(WEIGHTS)
    done = []
    check_file(MODEL, path, done.append)
    assert sum(done) == len(WEIGHTS)


@pytest.mark.parametrize(('content', 'words'), [
    (b'', 'empty'),
    (b'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4096\n', 'Git LFS pointer'),
    (b'\n <!DOCTYPE html><html>Sign in</html>', 'web page'),
    (b'{"error": "quota"}', 'message from a server'),
    (WEIGHTS[:-1], f'truncated: {len(WEIGHTS) - 1} of {len(WEIGHTS)} bytes'),
    (WEIGHTS[:-1] + b'x', 'not the published net.pth'),
    (WEIGHTS + b'x', 'not the published net.pth'),
])
def test_another_file_is_called_by_its_name_with_a_remedy(tmp_path, content, words):
    path = tmp_path / 'net.pth'
    path.write_bytes(content)
    with pytest.raises(UserError, match=words) as caught:
        check_file(MODEL, path)
    assert str(path) in str(caught.value)
    assert caught.value.remedy


def test_a_file_that_is_not_there_is_said_to_be_unreadable(tmp_path):
    with pytest.raises(UserError, match=r'cannot be read .*No such file'):
        check_file(MODEL, tmp_path / 'net.pth')


@pytest.mark.parametrize('text', ['- file: x', 'just words', '{', '- {file: a, colour: red}', ''])
def test_a_broken_list_is_refused_in_one_line(tmp_path, text):
    path = tmp_path / 'models.yaml'
    path.write_text(text)
    with pytest.raises(UserError, match=r'models\.yaml cannot be used') as caught:
        load_manifest(path)
    assert '\n' not in str(caught.value)


def test_an_unknown_name_gets_the_list_of_names():
    with pytest.raises(UserError, match=r'no model .netz.*net\.pth'):
        find_model({'net.pth': MODEL}, 'netz')
