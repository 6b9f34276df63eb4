"""One leg's ports in the conference bridge, and the bridge of two legs. SIP thread only.

::

    far end ──stream──▶ LegPort (heard)         LegPort (playout) ──▶ stream ──▶ far end
                                                LegPort (playout) ──▶ HearingPort
    bridged: other stream ──▶ stream, other stream ──▶ HearingPort, and the other way round

A re-INVITE may replace the stream, so every wire of a leg is laid anew on every
media state; laying a wire that is there already changes nothing.
"""

from __future__ import annotations

from typing import Any

import pjsua2 as pj

from ivr.telephony.media import FrameAccess, HearingPort, LegPort, Pairing, destroy_port, open_port
from ivr.telephony.playout import Played, Playout


class LegMedia:
    """Ports of one leg. ``playout`` and ``pairing`` may be used before and after the ports exist."""

    def __init__(self, access: FrameAccess) -> None:
        self.playout = Playout()
        self.pairing = Pairing()
        self._access = access
        self._port: LegPort | None = None
        self._hearing: HearingPort | None = None
        self._stream: Any = None
        self._bridged: set[LegMedia] = set()

    @property
    def active(self) -> bool:
        """True while a stream is wired."""
        return self._stream is not None

    @property
    def dropped(self) -> int:
        """Frames that nobody fetched in time."""
        return self._port.dropped if self._port is not None else 0

    def attach(self, stream: Any) -> None:
        """The call's stream is (again) there: lay all wires. Raises pj.Error."""
        port, hearing = self._ports()
        self._stream = stream
        stream.startTransmit(port)
        port.startTransmit(stream)
        port.startTransmit(hearing)
        for other in self._bridged:
            self._hear(other)
            other._hear(self)

    def detach(self) -> None:
        """The stream is gone; its wires went with it. The leg's own clock goes on."""
        self._stream = None

    def join(self, other: LegMedia) -> None:
        """Bridge: each far end hears the other. Raises pj.Error."""
        self._bridged.add(other)
        other._bridged.add(self)
        self._hear(other)
        other._hear(self)

    def part(self, other: LegMedia) -> None:
        """End of the bridge; not bridged is fine."""
        if other not in self._bridged:
            return
        self._bridged.discard(other)
        other._bridged.discard(self)
        self._unhear(other)
        other._unhear(self)

    def take_heard(self) -> bytes:
        """All whole frames that came since the last time, oldest first."""
        if self._port is None or not self._port.heard:
            return b""
        heard = self._port.heard
        return b"".join([heard.popleft() for _ in range(len(heard))])

    def take_played(self) -> list[Played]:
        """Utterances that left the queue since the last time."""
        played = self.playout.played
        return [played.popleft() for _ in range(len(played))]

    def close(self) -> list[Played]:
        """Destroy the ports; returns what had not been reported yet."""
        for other in tuple(self._bridged):
            self.part(other)
        self._stream = None
        for port in (self._port, self._hearing):
            if port is not None:
                destroy_port(port)
        self._port = self._hearing = None
        self.pairing.sink = None
        return self.playout.close()

    def _ports(self) -> tuple[LegPort, HearingPort]:
        if self._port is None or self._hearing is None:
            self._port = LegPort(self._access, self.playout, self.pairing)
            self._hearing = HearingPort(self._access, self.pairing)
            open_port(self._port, "leg")
            open_port(self._hearing, "hearing")
        return self._port, self._hearing

    def _hear(self, other: LegMedia) -> None:
        if self._stream is None or other._stream is None or self._hearing is None:
            return
        other._stream.startTransmit(self._stream)
        other._stream.startTransmit(self._hearing)

    def _unhear(self, other: LegMedia) -> None:
        if other._stream is None:
            return
        for sink in (self._stream, self._hearing):
            if sink is None:
                continue
            try:
                other._stream.stopTransmit(sink)
            except pj.Error:
                continue  # the stream went down between its media state and now: the wire is gone
