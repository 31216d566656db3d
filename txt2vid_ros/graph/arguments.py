"""The options of the graphs: launch arguments, and options of the command line."""

from __future__ import annotations

import dataclasses

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.parameters import truth
from txt2vid_ros.core.storage.share import share

OUTPUTS = ('loudspeaker', 'window')
"""The nodes of a robot with a loudspeaker and a screen; a graph has those that are requested."""


@dataclasses.dataclass(frozen=True)
class Argument:
    """One option of a graph: a launch argument, and an option of the command line."""

    name: str
    default: str
    description: str
    sets: tuple[tuple[str, str], ...]
    """The (node, parameter) pairs that get its value where it is not empty."""


ARGUMENTS: dict[str, Argument] = {argument.name: argument for argument in (
    Argument('face', '', 'picture or video of the speaker; empty for the built-in portrait',
             (('lipsync', 'face.file'),)),
    Argument('tts', '', 'text-to-speech provider, or several separated by commas',
             (('tts', 'provider'),)),
    Argument('voice', '', "the (first) provider's name for the voice", (('tts', 'voice'),)),
    Argument('tts_options', '', 'options of the voices: PROVIDER.NAME=VALUE ...',
             (('tts', 'options'),)),
    Argument('engine', '', 'lip-sync engine', (('lipsync', 'engine'),)),
    Argument('face_options', '', 'options of the face: NAME=VALUE ..., as crop=0,200,0,-1',
             (('lipsync', 'face_options'),)),
    Argument('engine_options', '', 'options of the engine: ENGINE.NAME=VALUE ...',
             (('lipsync', 'engine_options'),)),
    Argument('people', str(share('config', 'people.yaml')),
             'file that maps speaker ids to voices and faces',
             (('tts', 'people'), ('lipsync', 'people'))),
    Argument('http', '', 'HOST:PORT for viewers; "off" for none', (('web', 'http'),)),
    Argument('web', 'auto', 'true for the page one talks with, WebRTC and events on that address, '
             'false for the plain streams alone; auto: where its Python packages are installed',
             ()),
    Argument('token', '', 'secret that viewers from other machines have to give', (
        ('web', 'token'),)),
    Argument('token_file', '', 'file with that secret', (('web', 'token_file'),)),
    Argument('insecure', '', 'true to let everybody in who reaches the address', (
        ('web', 'insecure'),)),
    Argument('tls_cert', '', 'certificate (PEM) with which viewers are served over https', (
        ('web', 'tls_cert'),)),
    Argument('tls_key', '', 'its key (PEM), where that is not in the same file', (
        ('web', 'tls_key'),)),
    Argument('record', '', 'file to record to: .mp4, .mkv or .ts', (('stream', 'record'),)),
    Argument('push', '', 'URL to push to: udp, rtp, rtsp, rtmp, srt, tcp or whip',
             (('stream', 'push'), ('web', 'push'))),
    Argument('loudspeaker', '', "true to play the voice on this machine's loudspeaker; implied by "
             'loudspeaker_device', ()),
    Argument('loudspeaker_device', '', 'index, name or part of the name of a loudspeaker: txt2vid '
             'devices', (('loudspeaker', 'device'),)),
    Argument('window', '', "true to show the face on this machine's screen, all of it", ()),
    Argument('mode', 'text', 'what the sender sends: text (of what is said), or audio (the sound '
             'itself, without text; over a link as Opus at 6 to 16 kbit/s); in a call also auto, '
             'sound where the path bears it', ()),
    Argument('responder', '', 'who answers what is heard: echo says it back, chat asks a chat '
             'service (OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL), none, or the path of a '
             'program of your own; echo in live, none in receiver', ()),
    Argument('mic', '', "true to listen to this machine's microphone too; implied by device or "
             'input; false to listen to nobody, those who talk into the page of live included',
             ()),
    Argument('device', '', 'index, name or part of the name of a microphone: txt2vid devices',
             (('mic', 'device'),)),
    Argument('input', '', 'audio or video file that is played in place of the microphone',
             (('mic', 'file'),)),
    Argument('stt', '', 'speech-to-text provider, or several separated by commas',
             (('stt', 'provider'),)),
    Argument('stt_options', '', 'options of the recognizers: PROVIDER.NAME=VALUE ...',
             (('stt', 'options'),)),
    Argument('speaker', '', 'speaker id of who speaks into the microphone',
             (('stt', 'speaker'), ('playout', 'speaker'))),
    Argument('echo_cancellation', '', "auto, always or never: take the face's voice out of what "
             'the microphone hears; auto: with loudspeaker', (('stt', 'echo_cancellation'),)),
    Argument('barge_in', '', 'auto, always or never: who speaks over the face interrupts it; '
             "auto: where a loudspeaker's echo is cancelled, and from a browser's microphone",
             (('stt', 'barge_in'),)),
    Argument('link', 'topic', 'what carries speech between machines: topic (the ROS network '
             'itself), udp, tcp, serial, kiss-tcp, kiss-serial or meshtastic',
             (('link', 'transport'),)),
    Argument('link_address', '', "HOST:PORT of the receiver, a TNC or a radio, or a serial line's "
             'device',
             (('link', 'address'),)),
    Argument('link_key', '', 'file of the key that both ends share: txt2vid link keygen',
             (('link', 'key_file'), ('call', 'key_file'))),
    Argument('link_rate', '', 'limit of the link in bits per second',
             (('link', 'rate'),)),
    Argument('listen', '', 'true at the end of a call that waits for the other one',
             (('link', 'listen'),)),
    Argument('me', '', 'picture or clip of your face, for the peer of a call',
             (('call', 'me'),)),
    Argument('share_face', '', 'true to let the peer of a call have it', (
        ('call', 'share_face'),)),
    Argument('my_name', '', 'what the peer of a call is told to call you', (('call', 'name'),)),
    Argument('my_locale', '', 'the language that you speak in a call, as BCP 47 tag',
             (('call', 'locale'), ('stt', 'locale'))),
    Argument('my_voice', '', 'voices that speak for you at the peer of a call: '
             'PROVIDER:VOICE,..., the favourite first', (('call', 'voices'),)),
    Argument('accept_face', '', 'none, pictures or clips: the faces that are taken from the peer '
             'of a call', (('call', 'accept_face'),)),
    Argument('skills', 'true', 'false to leave out the node say, which serves the actions by '
             'which robots ask for speech', ()),
    Argument('use_sim_time', '', 'true to follow /clock, as for a replayed bag',
             tuple((node, 'use_sim_time') for node in (
                 'mic', 'stt', 'responder', 'tts', 'playout', 'lipsync', 'stream', 'web', 'say',
                 'link', 'call', *OUTPUTS))),
    Argument('composed', '', 'true to run the nodes in one process, which needs less memory', ()),
    Argument('width', '', 'pixels; with one of the two alone, the other follows from the shape of '
             'the face, both from its size, up to lipsync.max_pixels',
             (('lipsync', 'width'), ('stream', 'width'))),
    Argument('height', '', 'pixels', (('lipsync', 'height'), ('stream', 'height'))),
    Argument('fps', '', 'frames a second', (('lipsync', 'fps'), ('stream', 'fps'))),
)}


def is_true(name: str, value: str) -> bool:
    """
    Return what an argument says in any spelling that launch takes; '' is false.

    Raises UserError.
    """
    try:
        return bool(value) and truth(value)
    except ValueError:
        raise UserError(f'{name} is {value!r}', 'Say true or false.') from None
