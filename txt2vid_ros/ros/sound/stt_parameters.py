"""The parameters of the stt node."""

from __future__ import annotations

import dataclasses

from txt2vid_ros.core.people import DEFAULT
from txt2vid_ros.ros.monitoring.node_status import NodeParameters
from txt2vid_ros.ros.parameters import parameter

AT_START, ON_SOUND = 'at_start', 'on_sound'


@dataclasses.dataclass(frozen=True)
class Parameters(NodeParameters):
    """The parameters of the stt node."""

    provider: tuple[str, ...] = parameter(
        ('moonshine',), 'speech-to-text providers: the next listens where one fails')
    text_limit: float = parameter(0.0, 'seconds that a provider may take to return its text; 0 '
                                  'for its own default', minimum=0.0, maximum=600.0)
    vad: str = parameter('silero', 'voice activity provider')
    load: str = parameter(AT_START, 'when the providers are loaded: at_start, or with the first '
                          'sound, which is held meanwhile; until then they take no memory',
                          choices=(AT_START, ON_SOUND))
    speaker: str = parameter(DEFAULT, 'speaker id that is sent with the text', live=True)
    locale: str = parameter('en', 'language that is spoken (BCP 47); several separated by commas, '
                            'or auto, where the recognizer finds out which')
    threshold: float = parameter(0.5, 'probability above which sound counts as speech',
                                 minimum=0.05, maximum=0.95)
    start: float = parameter(0.1, 'seconds of speech before it counts as begun', minimum=0.03,
                             maximum=1.0)
    turn_taking: str = parameter('words', 'what tells that an utterance is over: silence alone, '
                                 'or the words before it too', choices=('words', 'silence'))
    end_silence: float = parameter(0.5, 'seconds of silence after which an utterance is over',
                                   minimum=0.2, maximum=5.0)
    end_silence_complete: float = parameter(
        0.3, 'the same after words that are probably the last', minimum=0.2, maximum=5.0)
    end_silence_incomplete: float = parameter(
        1.2, 'the same after words that need others, as "and" does', minimum=0.2, maximum=10.0)
    longest: float = parameter(20.0, 'seconds after which an utterance is cut at its last pause',
                               minimum=5.0, maximum=25.0)
    padding: float = parameter(0.25, 'seconds of sound before the speech that are recognized too',
                               minimum=0.0, maximum=1.0)
    partial_every: float = parameter(0.4, 'seconds from one incremental text to the next',
                                     minimum=0.1, maximum=5.0)
    send_clauses: bool = parameter(False, 'whether each clause is final as soon as there is a '
                                   'pause after it; the voice begins sooner, and cannot wait for '
                                   'the rest of the sentence')
    mute_while_speaking: bool = parameter(False, 'whether to hear nothing while the face '
                                          'speaks, so that it does not answer itself')
    mute_tail: float = parameter(1.0, "seconds for which it stays muted after the voice's "
                                 'last sample, until the echo has been measured', minimum=0.0,
                                 maximum=5.0)
    loudspeaker: bool = parameter(False, 'whether the face is heard on a loudspeaker near the '
                                  'microphone; a graph with both says so')
    echo_cancellation: str = parameter(
        'auto', "whether the face's voice is taken out of what the microphone hears; auto: with "
        'loudspeaker', choices=('auto', 'always', 'never'))
    barge_in: str = parameter(
        'auto', 'whether who speaks over the face interrupts it, and is never muted; auto: where '
        "a loudspeaker's echo is cancelled, and from a browser's microphone",
        choices=('auto', 'always', 'never'), live=True)
    barge_in_hold: float = parameter(
        0.1, 'seconds of speech over the face after which it pauses', minimum=0.03, maximum=2.0,
        live=True)
    barge_in_after: float = parameter(
        0.25, 'seconds of it after which it waits for the words: what was shorter, and what had '
        'no words, lets it go on', minimum=0.03, maximum=5.0, live=True)
