"""What the rest of the graph is told of a call: one JSON object."""

from __future__ import annotations

import json

from txt2vid_ros.call.exchange import CardExchange


def summary(exchange: CardExchange, phase: str, name: str, problem: str) -> str:
    """
    Return who the peer is and how far the cards are, as JSON.

    `phase`: waiting, connected or ended. `name`: what the peer calls this end.
    `problem`: why one's own face cannot be sent.
    """
    head, own = exchange.head, exchange.own
    face = exchange.peer.head.face if exchange.peer and exchange.peer.face else None
    voice = head.voices[0] if head and head.voices else None
    return json.dumps({
        'state': phase,
        'name': head.name if head else '', 'locale': head.locale if head else '',
        'voice': f'{voice.provider}:{voice.voice}' if voice else '',
        'face': 'none' if face is None else 'clip' if face.is_clip else 'picture',
        'progress': [*exchange.progress], 'refusal': exchange.refusal,
        'own_card': {
            'name': name, 'face': own is not None and own.face is not None,
            'bytes': len(own.pack()) if own else 0,
            'state': exchange.own_state.value if exchange.own_state else '',
            'refusal': exchange.own_refusal, 'problem': problem}}, ensure_ascii=False)
