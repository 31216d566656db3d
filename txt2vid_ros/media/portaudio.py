"""The sound devices of this machine, as PortAudio (through sounddevice) knows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
import dataclasses
import functools
import importlib
import threading
from typing import Any

from txt2vid_ros.core.errors import UnavailableError, UserError

RATES = (8000, 16000, 22050, 32000, 44100, 48000, 96000, 192000)


@dataclasses.dataclass(frozen=True)
class Direction:
    """What differs between the devices that sound comes from and those that it goes to."""

    purpose: str
    parameter: str
    """What the user names a device with."""
    remedy: str
    """What to do where there is no device."""
    channels: str
    """PortAudio's name for the number of channels, and for the check of settings below."""
    check: str
    default: int
    """The place of the default device in PortAudio's pair."""


INPUT = Direction(
    'capture from', 'mic.device', 'Plug one in (in a container: pass /dev/snd or the PulseAudio '
    'socket in), or set mic.source to file, silence or tone.',
    'max_input_channels', 'check_input_settings', 0)
OUTPUT = Direction(
    'play on', 'loudspeaker.device', 'Plug one in (in a container: pass /dev/snd or the '
    'PulseAudio socket in), or leave the loudspeaker out.',
    'max_output_channels', 'check_output_settings', 1)


@dataclasses.dataclass(frozen=True)
class SoundDevice:
    """One input or output of the machine."""

    index: int
    name: str
    host: str
    """The interface through which it is reached: ALSA, JACK, PulseAudio."""
    channels: int
    rate: int
    """Its native rate in Hz."""
    default: bool


def load() -> Any:
    """
    Return the sounddevice module.

    Raises UserError where it or PortAudio is missing, UnavailableError where that cannot start.
    """
    try:
        return importlib.import_module('sounddevice')
    except ModuleNotFoundError as error:
        raise UserError('sound devices need the Python package sounddevice',
                        'Run: pip install "txt2vid_ros[mic]"') from error
    except OSError as error:
        raise UserError(f'sound devices need the PortAudio library: {error}',
                        'Run: apt-get install libportaudio2') from error
    except Exception as error:
        # The module, and with it the class of its errors, is not there then.
        if type(error).__name__ != 'PortAudioError':
            raise
        raise UnavailableError(f'PortAudio cannot start: {error}',
                               "See whether ALSA's configuration is in order.") from error


class OpenStreams:
    """The streams of this process. PortAudio is one for the whole process, and so is this."""

    def __init__(self) -> None:
        """Begin without any."""
        self._streams: set[int] = set()
        self._lock = threading.Lock()

    def open(self, api: Any, make: Callable[[], Any], *, again: bool) -> Any:  # noqa: A003
        """
        Return the stream that `make` opens.

        `again`: have PortAudio look for devices first: it knows those that were there when it
        started. Not while another stream is open, which that would end.
        """
        with self._lock:
            if again and not self._streams:
                api._terminate()
                api._initialize()
            stream = make()
            self._streams.add(id(stream))
        return stream

    def close(self, api: Any, stream: Any) -> None:
        """Close a stream."""
        with self._lock:
            self._streams.discard(id(stream))
            try:
                stream.close()
            except api.PortAudioError:
                # A device that has been unplugged cannot be closed cleanly.
                return


@functools.cache
def open_streams() -> OpenStreams:
    """Return the streams of this process."""
    return OpenStreams()


def devices(api: Any, direction: Direction) -> list[SoundDevice]:
    """Return the devices of a direction."""
    hosts = [host['name'] for host in api.query_hostapis()]
    # -1 where there is none.
    default = api.default.device[direction.default]
    return [SoundDevice(index, str(entry['name']), str(hosts[entry['hostapi']]),
                        int(entry[direction.channels]), round(entry['default_samplerate']),
                        index == default)
            for index, entry in enumerate(api.query_devices())
            if entry[direction.channels] > 0]


def find(api: Any, direction: Direction, wanted: str) -> SoundDevice:
    """
    Return the device with an index, a name or a part of a name; '' is the default one.

    Raises UnavailableError, which lists what exists, where none or several match.
    """
    found = devices(api, direction)
    if not found:
        raise UnavailableError(f'there is no sound device to {direction.purpose}',
                               direction.remedy)
    matches = list(_matching(found, wanted))
    if len(matches) == 1:
        return matches[0]
    known = '; '.join(f'{device.index} {device.name}' for device in found)
    what = f'{wanted!r} matches no device' if not matches else (
        f'{wanted!r} matches {len(matches)} devices')
    raise UnavailableError(f'{direction.parameter} {what}',
                           f'Give an index or a whole name: {known}.')


def _matching(found: list[SoundDevice], wanted: str) -> Iterator[SoundDevice]:
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


def rates(api: Any, direction: Direction, device: SoundDevice) -> list[int]:
    """Return the rates in Hz that a device can be opened with now; none where it is busy."""
    return [rate for rate in RATES if accepts(api, direction, device, rate, 1)
            or accepts(api, direction, device, rate, device.channels)]


def accepts(api: Any, direction: Direction, device: SoundDevice, rate: int, channels: int) -> bool:
    """Return whether a device can be opened with a rate in Hz and a number of channels."""
    try:
        getattr(api, direction.check)(
            device=device.index, samplerate=rate, channels=channels, dtype='float32')
    except (api.PortAudioError, ValueError):
        return False
    return True


def settings(api: Any, direction: Direction, device: SoundDevice, wanted: Sequence[int],
             channels: Sequence[int]) -> tuple[int, int]:
    """
    Return the rate and the channels to open a device with: the first that it accepts.

    Raises UnavailableError if it accepts none.
    """
    counts = dict.fromkeys(min(count, device.channels) for count in (*channels, device.channels))
    for rate in dict.fromkeys((*wanted, device.rate, 48000, 44100, 16000, 96000, 32000, 8000)):
        for count in counts:
            if accepts(api, direction, device, rate, count):
                return rate, count
    raise UnavailableError(
        f'{device.name} cannot be opened',
        f'Close the program that uses it, or choose another {direction.parameter}; "txt2vid '
        'devices" lists them.')


def cannot_open(direction: Direction, name: str, error: Exception) -> UnavailableError:
    """Return what to say where PortAudio could not open a device."""
    said = ' '.join(str(error).split()).partition('Stream: ')
    return UnavailableError(
        f'{name or "the sound device"} cannot be opened: {said[2] or said[0]}',
        f'Close the program that uses it, or choose another {direction.parameter}.')
