"""A radio on TCP."""

from __future__ import annotations

from meshtastic.mesh_interface import MeshInterface


class TCPInterface(MeshInterface):
    """Connects where it is made."""

    def __init__(self, hostname, debugOut=None, noProto=False, connectNow=True, portNumber=4403,
                 noNodes=False, timeout=300) -> None:
        super().__init__(debugOut, noProto, noNodes, timeout)
        self.socket = None
        self._open(f'{hostname}:{portNumber}', noNodes=noNodes, timeout=timeout)
