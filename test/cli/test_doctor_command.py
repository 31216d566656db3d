"""`txt2vid doctor` finds what is missing, says what to do, and its status tells a script."""

import json
import os
import socket

from command_line import txt2vid
import pytest
from txt2vid_ros.doctor import checks


def doctor(tmp_path, *words, **environment):
    """Run the command as a program, with a home of its own."""
    return txt2vid('doctor', *words, environment={'HOME': str(tmp_path), **environment})


def findings(done):
    return json.loads(done.stdout)['checks']


def of(found, subject):
    return [each for each in found if each['subject'] == subject]


def test_a_machine_that_is_set_up_has_all_it_needs(tmp_path):
    done = doctor(tmp_path)
    assert done.returncode == 0, done.stdout
    assert 'Everything that is needed is here.' in done.stdout
    assert 'ROS 2     Jazzy' in done.stdout
    assert 'ffmpeg version' in done.stdout
    # One line a finding, each beginning with its status.
    for line in done.stdout.splitlines()[:-2]:
        assert line.split()[0] in ('ok', 'note'), line


def test_missing_programs_and_models_are_said_with_the_remedy(tmp_path):
    done = doctor(tmp_path, PATH=str(tmp_path), TXT2VID_MODELS=str(tmp_path))
    assert done.returncode == 1
    lines = [line for line in done.stdout.splitlines() if line.startswith('missing')]
    assert len(lines) == 3
    assert 'apt-get install ffmpeg' in lines[0]
    assert 'txt2vid models fetch face_detection_short_range.tflite' in lines[1]
    assert '3 missing' in done.stdout


def test_json_is_one_object_with_the_same_verdict(tmp_path):
    done = doctor(tmp_path, '--json', TXT2VID_MODELS=str(tmp_path))
    assert done.returncode == 1
    assert json.loads(done.stdout)['ok'] is False
    model = of(findings(done), 'model')[0]
    assert model['status'] == 'missing'
    assert model['remedy'].startswith('run: txt2vid models fetch')


def test_a_damaged_model_counts_as_missing(tmp_path):
    (tmp_path / 'face_landmark.tflite').write_bytes(b'<html>')
    found = of(findings(doctor(tmp_path, '--json', TXT2VID_MODELS=str(tmp_path))), 'model')
    assert ['web page' in each['detail'] for each in found] == [
        place == 1 for place in range(len(found))]
    assert found[1]['status'] == 'missing'


def test_ros_sourced_over_the_wheels_is_a_clash(tmp_path):
    found = of(findings(doctor(tmp_path, '--json', ROS_DISTRO='jazzy')), 'ROS 2')
    if found[0]['status'] == 'ok':
        pytest.skip('ROS 2 is an installation here')
    assert 'is sourced and its wheels are installed too' in found[0]['detail']


def test_a_port_in_use_is_noted_and_does_not_fail(tmp_path):
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]
        done = doctor(tmp_path, '--json', '--http', f'127.0.0.1:{port}')
    found = of(findings(done), 'port')[0]
    assert found['status'] == 'note'
    assert f'{port}: the port is in use' in found['detail']
    assert done.returncode == 0


def test_a_host_that_is_not_ours_is_noted():
    assert checks.check_port('no.such.host.invalid', 8080).status == checks.NOTE


@pytest.mark.parametrize('text', ['8080', 'host:', ':80', 'host:0', 'host:70000', 'host:x'])
def test_an_address_that_is_none_is_refused(text, tmp_path):
    done = doctor(tmp_path, '--http', text)
    assert done.returncode == 2
    assert 'is not HOST:PORT' in done.stderr


@pytest.mark.parametrize(('version', 'status'), [
    ((3, 9), 'missing'), ((3, 10), 'ok'), ((3, 13), 'ok'), ((3, 14), 'missing')])
def test_python_has_to_be_one_the_wheels_exist_for(version, status):
    assert [each.status for each in checks.check_python(version)] == [status]


def test_a_package_that_is_not_installed_names_the_extra(monkeypatch):
    monkeypatch.setattr(checks, '_PACKAGES', (
        ('no_such_package', 'tests', True, 'speech'), ('nor_this_one', 'tests', False, 'torch')))
    needed, optional = checks.check_packages()
    assert (needed.status, optional.status) == ('missing', 'note')
    assert '".[speech]"' in needed.remedy


def test_an_ffmpeg_without_an_encoder_is_told(tmp_path, monkeypatch):
    program = tmp_path / 'ffmpeg'
    program.write_text('#!/bin/sh\n'
                       'case "$*" in\n'
                       '*-encoders) echo " A....D aac  AAC";;\n'
                       '*-muxers) echo " E mpegts TS"; echo " E mp4 MP4"; echo " E matroska M";;\n'
                       '*) echo "ffmpeg version 9 Copyright nobody";;\n'
                       'esac\n')
    program.chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path))
    found = list(checks.check_ffmpeg())
    assert found[0].detail == 'ffmpeg version 9'
    assert [each.detail for each in found if each.status == 'missing'] == [
        'was built without libx264 (H.264 video)']
    assert found[-1].status == 'note'  # no ffplay


def test_a_gpu_is_shown_by_name(tmp_path, monkeypatch):
    program = tmp_path / 'nvidia-smi'
    program.write_text('#!/bin/sh\necho "Some GPU, 81559 MiB"\n')
    program.chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}:{os.environ["PATH"]}')
    assert [(each.status, each.detail) for each in checks.check_gpu()] == [
        ('ok', 'Some GPU, 81559 MiB')]
    program.write_text('#!/bin/sh\nexit 9\n')  # a driver that does not answer
    assert [each.status for each in checks.check_gpu()] == ['note']


def test_sound_devices_and_servers_are_listed(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_RUNTIME_DIR', str(tmp_path))
    assert [each.status for each in checks.check_audio(tmp_path)] == ['note']
    (tmp_path / 'pcm').write_text('00-00: ALC : ALC Analog : playback 1 : capture 1\n')
    (tmp_path / 'pipewire-0').write_text('')
    assert [each.detail for each in checks.check_audio(tmp_path)] == [
        'ALC (playback, capture); sound server pipewire-0']
