"""Pictures reach the nodes of the same process without a message, while somebody sends them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.ros.pictures.picture_exchange import PictureExchange


def test_pictures_reach_those_of_their_topic_until_they_leave() -> None:
    exchange = PictureExchange()
    got: list[tuple[str, int, NDArray[np.uint8]]] = []
    assert not exchange.sends('/a/face/image_raw')
    ended = exchange.send_on('/a/face/image_raw')
    assert exchange.sends('/a/face/image_raw')
    assert not exchange.sends('/b/face/image_raw')
    leave = exchange.take('/a/face/image_raw', lambda *given: got.append(('stream', *given)))
    exchange.take('/a/face/image_raw', lambda *given: got.append(('window', *given)))
    picture = np.zeros((2, 2, 3), np.uint8)
    exchange.hand('/a/face/image_raw', 40, picture)
    exchange.hand('/b/face/image_raw', 80, picture)
    assert [(who, stamp) for who, stamp, _ in got] == [('stream', 40), ('window', 40)]
    # It is the same picture, not a copy.
    assert all(each is picture for *_, each in got)
    leave()
    exchange.hand('/a/face/image_raw', 120, picture)
    assert [(who, stamp) for who, stamp, _ in got[2:]] == [('window', 120)]
    ended()
    assert not exchange.sends('/a/face/image_raw')
