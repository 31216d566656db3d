"""A short talk of two speakers whom nobody takes for one."""

from __future__ import annotations

from collections.abc import Iterator

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.ros.side.speech_client import SpeechClient

LINES = (
    ('anna', 'Good evening, Ben. Did you find the way?'),
    ('ben', 'I did, thank you. It was a long walk, but a pleasant one.'),
    ('anna', 'Then come in and sit down. Would you like some tea?'),
    ('ben', 'Yes please, with a little milk.'))
"""Who says what, by the speaker ids of config/people.yaml."""


def lines_heard(client: SpeechClient) -> Iterator[tuple[str, str]]:
    """Have the lines spoken; yield speaker and text of each once it is heard. Raises UserError."""
    said = [(speaker, text, client.say(text, speaker, 'en')) for speaker, text in LINES]
    for speaker, text, utterance in said:
        if not client.wait_ended(utterance, timeout=30.0 + len(text)) or (
                client.wait_begun(utterance, 0.0) is None):
            raise UserError(f'the talking head did not say it in the voice of {speaker}',
                            'See the output of its tts node; its --people has to name both.')
        yield speaker, text
