"""The sound devices of this machine, as PortAudio (through sounddevice) knows them."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import importlib
from typing import Any

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.media.capture.source import SourceUnavailableError

RATES = (8000, 16000, 22050, 32000, 44100, 48000, 96000, 192000)


@dataclasses.dataclass(frozen=True)
class InputDevice:
    """One input of the machine."""

    index: int
    name: str
    host: str
    """The interface through which it is reached: ALSA, JACK, PulseAudio."""
    channels: int
    rate: int
    """Its native rate in Hz."""
    default: bool


def load() -> Any:
    """Return the sounddevice module. Raises UserError where it or PortAudio is missing."""
    try:
        return importlib.import_module('sounddevice')
    except ModuleNotFoundError as error:
        raise UserError('mic.source = device needs the Python package sounddevice',
                        'Run: pip install "txt2vid_ros[mic]"') from error
    except OSError as error:
        raise UserError(f'sound devices need the PortAudio library: {error}',
                        'Run: apt-get install libportaudio2') from error


def refresh(api: Any) -> None:
    """Have PortAudio look for devices again: it lists those that were there when it started."""
    api._terminate()
    api._initialize()


def inputs(api: Any) -> list[InputDevice]:
    """Return the devices that sound can be captured from."""
    hosts = [host['name'] for host in api.query_hostapis()]
    # -1 where there is none.
    default = api.default.device[0]
    return [InputDevice(index, str(entry['name']), str(hosts[entry['hostapi']]),
                        int(entry['max_input_channels']), round(entry['default_samplerate']),
                        index == default)
            for index, entry in enumerate(api.query_devices())
            if entry['max_input_channels'] > 0]


def find(api: Any, wanted: str) -> InputDevice:
    """Return the device with an index, a name or a part of a name; '' is the default one.

    Raises SourceUnavailableError, which lists what exists, where none or several match.
    """
    found = inputs(api)
    if not found:
        raise SourceUnavailableError(
            'there is no sound device to capture from',
            'Plug one in (in a container: pass /dev/snd or the PulseAudio socket in), or set '
            'mic.source to file, silence or tone.')
    matches = list(_matching(found, wanted))
    if len(matches) == 1:
        return matches[0]
    known = '; '.join(f'{device.index} {device.name}' for device in found)
    what = f'{wanted!r} matches no device' if not matches else (
        f'{wanted!r} matches {len(matches)} devices')
    raise SourceUnavailableError(f'mic.device {what}', f'Give an index or a whole name: {known}.')


def _matching(found: list[InputDevice], wanted: str) -> Iterator[InputDevice]:
    if not wanted:
        yield next((device for device in found if device.default), found[0])
        return
    wanted = wanted.strip()
    for test in (lambda device: str(device.index) == wanted,
                 lambda device: device.name == wanted,
                 lambda device: wanted.lower() in device.name.lower()):
        matches = [device for device in found if test(device)]
        if matches:
            yield from matches
            return


def rates(api: Any, device: InputDevice) -> list[int]:
    """Return the rates in Hz that a device can be opened with now; none where it is busy."""
    return [rate for rate in RATES if accepts(api, device, rate, 1)]


def accepts(api: Any, device: InputDevice, rate: int, channels: int) -> bool:
    """Return whether a device can be opened with a rate in Hz and a number of channels."""
    try:
        api.check_input_settings(device=device.index, samplerate=rate, channels=channels,
                                 dtype='float32')
    except (api.PortAudioError, ValueError):
        return False
    return True


def settings(api: Any, device: InputDevice) -> tuple[int, int]:
    """Return the rate and the channels to open a device with: SPEECH_RATE and mono where it can.

    Raises SourceUnavailableError if it accepts none.
    """
    for rate in dict.fromkeys((SPEECH_RATE, device.rate, 48000, 44100, 96000, 32000, 8000)):
        for channels in dict.fromkeys((1, min(2, device.channels), device.channels)):
            if accepts(api, device, rate, channels):
                return rate, channels
    raise SourceUnavailableError(
        f'{device.name} cannot be opened',
        'Close the program that uses it, or choose another mic.device; "txt2vid devices" lists '
        'them.')
