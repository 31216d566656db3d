"""A radio on a serial line."""

from __future__ import annotations

from meshtastic.mesh_interface import MeshInterface


class SerialInterface(MeshInterface):
    """Connects where it is made."""

    def __init__(self, devPath=None, debugOut=None, noProto=False, connectNow=True,
                 noNodes=False, timeout=300) -> None:
        super().__init__(debugOut, noProto, noNodes, timeout)
        self._open(devPath, noNodes=noNodes, timeout=timeout)
