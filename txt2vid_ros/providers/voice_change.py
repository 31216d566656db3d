"""Which voices are in use: others may take the place of those that speak."""

from __future__ import annotations

import threading

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.providers.resilience.fallback_voice import FallbackVoice
from txt2vid_ros.providers.voice_set import VoiceSet
from txt2vid_ros.speaking.voice import TextToSpeech


class VoiceChange:
    """Voices of which others may take the place while one speaks. Safe to use from any thread."""

    def __init__(self, voices: VoiceSet) -> None:
        """Begin with loaded voices."""
        self._voices = voices
        self._taken: list[TextToSpeech] = []
        """Voices of utterances that are heard, or made ahead."""
        self._retired: list[FallbackVoice] = []
        self._lock = threading.Lock()

    @property
    def voices(self) -> VoiceSet:
        """Return those that the next utterance is said with."""
        return self._voices

    def take(self, speaker: str, locale: str = '') -> FallbackVoice:
        """
        Return the voice for one utterance; give_back() has to follow.

        The first text in a language may have to wait until its voice is loaded. Raises UserError.
        """
        while True:
            voices = self._voices
            try:
                # Without the lock: it may load, and nobody else is to wait for that.
                voice = voices.of(speaker, locale)
            except UserError:
                if voices is self._voices:
                    raise
                continue
            with self._lock:
                if voices is self._voices:
                    self._taken.append(voice)
                    return voice
                kept = voice in self._voices.voices()
            if not kept:
                voice.release()

    def give_back(self, voice: TextToSpeech) -> None:
        """Learn that the utterance is made: a voice that is out of use is released."""
        with self._lock:
            self._taken.remove(voice)
            free = [each for each in self._retired if each not in self._taken]
            self._retired = [each for each in self._retired if each in self._taken]
        for each in free:
            each.release()

    def use(self, voices: VoiceSet) -> None:
        """Say the next utterance with other voices."""
        with self._lock:
            old = [voice for voice in self._voices.voices() if voice not in voices.voices()]
            self._voices = voices
            self._retired += [voice for voice in old if voice in self._taken]
            free = [voice for voice in old if voice not in self._taken]
        for voice in free:
            voice.release()

    def close(self) -> None:
        """Release all voices."""
        with self._lock:
            retired, self._retired = self._retired, []
        for voice in retired:
            voice.close()
        self._voices.close()
