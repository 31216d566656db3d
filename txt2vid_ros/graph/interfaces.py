"""The topics, services and actions of each node, by its name in the graph."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Interfaces:
    """
    What a node may use, by names relative to its namespace.

    A name that begins with a slash is absolute, one that begins with `~/` the node's own. Some of
    it is there only with certain parameters.
    """

    publishes: tuple[str, ...] = ()
    subscribes: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    executes: tuple[str, ...] = ()
    """Its actions."""

    def __add__(self, other: Interfaces) -> Interfaces:
        """Return what a node may use that is both."""
        return Interfaces(*(tuple(dict.fromkeys(one + two)) for one, two in zip(
            dataclasses.astuple(self), dataclasses.astuple(other), strict=True)))


EVERY_NODE = Interfaces(
    publishes=('/rosout', '/parameter_events', '/diagnostics', '~/transition_event'),
    subscribes=('/clock', '/parameter_events'),
    serves=tuple(f'~/{name}' for name in (
        'describe_parameters', 'get_parameter_types', 'get_parameters', 'list_parameters',
        'set_parameters', 'set_parameters_atomically', 'get_type_description', 'change_state',
        'get_state', 'get_available_states', 'get_available_transitions',
        'get_transition_graph')))
_VOICE = ('voice/audio', 'voice/audio_info')
_MICROPHONE = ('mic/audio', 'mic/audio_info')
INTERFACES: dict[str, Interfaces] = {
    'mic': Interfaces(publishes=_MICROPHONE, subscribes=('mic/audio_info',)),
    'stt': Interfaces(publishes=('speech', 'is_speaking', 'barge_in', 'trace'),
                      subscribes=(*_MICROPHONE, *_VOICE)),
    'responder': Interfaces(publishes=('heard', 'text'),
                            subscribes=('speech', 'voice/caption', 'voice/interrupted'),
                            calls=('tts/interrupt',)),
    'tts': Interfaces(publishes=(*_VOICE, 'voice/mouth', 'voice/caption', 'voice/speaking',
                                 'voice/held', 'voice/interrupted', 'voice/speakers', 'trace',
                                 'face/expression'),
                      subscribes=('text', 'heard', 'barge_in', 'tts/interrupt_utterance',
                                  'voice/lead', 'voice/audio_info'), serves=('tts/interrupt',)),
    'playout': Interfaces(publishes=(*_VOICE, 'voice/speaking', 'trace'),
                          subscribes=(*_MICROPHONE, *_VOICE, 'voice/lead')),
    'lipsync': Interfaces(publishes=('face/image_raw', 'face/image_raw/compressed',
                                     'face/camera_info', 'voice/lead', 'trace'),
                          subscribes=(*_VOICE, 'voice/mouth', 'face/lead', 'face/expression',
                                      'face/look_at')),
    'stream': Interfaces(publishes=('stream/url', 'face/lead', 'trace'),
                         subscribes=(*_VOICE, 'face/image_raw', 'trace', 'stream/url')),
    'web': Interfaces(publishes=('text', 'heard', *_MICROPHONE, 'voice/lead', 'call/hang_up',
                                 'call/own_face', 'speech/edit'),
                      subscribes=(*_VOICE, 'voice/caption', 'speech', 'voice/speaking',
                                  'is_speaking', 'stream/url', 'voice/speakers', '/diagnostics',
                                  'mic/audio_info', 'call/peer', 'link/mode', 'speech/draft'),
                      calls=('tts/interrupt',)),
    'say': Interfaces(publishes=('heard', 'tts/interrupt_utterance'),
                      subscribes=(*_VOICE, 'voice/caption', 'voice/held', 'voice/speakers',
                                  'robotsound'),
                      executes=('skill/say', 'tts_engine/tts', 'sound_play')),
    'link': Interfaces(publishes=('heard', 'trace', 'link/received', 'link/room', 'link/sent_last',
                                  'link/mode', 'peer/audio', 'peer/audio_info', 'speech/draft'),
                       subscribes=('speech', 'text', 'voice/mouth', 'link/send', 'link/send_last',
                                   'speech/edit', *_MICROPHONE)),
    'call': Interfaces(publishes=('link/send', 'link/send_last', 'call/peer', 'call/ended'),
                       subscribes=('link/received', 'link/room', 'link/sent_last',
                                   'call/own_face', 'call/hang_up', '/diagnostics'),
                       calls=('tts/set_parameters', 'lipsync/set_parameters')),
    'loudspeaker': Interfaces(publishes=('voice/lead',), subscribes=_VOICE),
    'window': Interfaces(publishes=('face/lead',), subscribes=('face/image_raw',)),
}
CLIENT = Interfaces(publishes=('/parameter_events', 'text', 'heard', 'call/hang_up'),
                    subscribes=(*_VOICE, 'voice/speaking', 'voice/caption', 'trace', 'call/ended',
                                '/diagnostics', '/clock', '/parameter_events'),
                    calls=('tts/interrupt',))
"""Programs beside the graph: `txt2vid say` and `type`, and the runner that watches over it."""
