"""Sound in and out of one leg, on PJSIP's 20 ms conference clock.

Everything in ``onFrame…`` runs in the media thread: no pj calls, no logging, no
locks, no unbounded growth, and no exception may leave it (it would unwind
through C++). The SIP thread empties the queues that are filled here.

A port is destroyed with :func:`destroy_port` while its Python object is whole;
dropping the last reference instead lets the clock call into a dying object.
"""

from __future__ import annotations

import ctypes
import os
from collections import deque
from typing import Any, Final, Protocol

import pjsua2 as pj

from ivr.events import FRAME_BYTES, SAMPLE_RATE
from ivr.telephony.playout import SILENCE, Playout
from ivr.telephony.urgency import go_first

HEARD_FRAMES: Final = 50  # one second; the SIP thread comes by every 5 ms


class FrameSink(Protocol):
    """Takes both sides of a call; called in the media thread, so it must never block or raise.

    Every clock tick gives exactly one ``left`` and then one ``right``, both of the
    same tick, 20 ms after it; a side without sound gives silence. After
    ``Leg.tap(None)`` one pair that is already under way may still arrive.
    """

    def left(self, frame: bytes) -> None:
        """320 bytes from the far end."""

    def right(self, frame: bytes) -> None:
        """320 bytes: all that the far end hears (assistant, bridged agent)."""


class FrameAccess:
    """Reads and writes the vectors of pjsua2's media frames.

    ``bytes(vector)`` costs 0.2 ms per frame. A vector of bytes is three pointers
    (begin, end, capacity), so ctypes reads it in a microsecond; this is compared
    with ``bytes()`` once, and the slow way is used where it does not hold.
    Builds of pjproject from 2.16 on have ``assign_from_bytes``, which is used for
    writing where it exists (not tested here: the stock wheel is 2.15).
    """

    _Pointers: Final = ctypes.c_size_t * 2

    def __init__(self) -> None:
        self.direct = self._check()
        self.assigns = hasattr(pj.ByteVector, "assign_from_bytes")

    @property
    def fast(self) -> bool:
        """True if frames are moved without a Python loop over their bytes."""
        return self.direct or self.assigns

    def read(self, vector: Any) -> bytes:
        """The vector's content."""
        if not self.direct:
            return bytes(vector)
        begin, end = self._Pointers.from_address(int(vector.this))
        return ctypes.string_at(begin, end - begin)

    def new_vector(self) -> Any:
        """A vector of one frame, to be kept and written again and again."""
        return pj.ByteVector(SILENCE)

    def write(self, vector: Any, data: bytes) -> Any:
        """Put 320 bytes into ``vector``; returns the vector to use (a new one on the slow way)."""
        if self.assigns:
            vector.assign_from_bytes(data)
        elif self.direct:
            ctypes.memmove(self._Pointers.from_address(int(vector.this))[0], data, FRAME_BYTES)
        else:
            return pj.ByteVector(data)
        return vector

    def _check(self) -> bool:
        sample = os.urandom(FRAME_BYTES)
        vector = pj.ByteVector(sample)
        try:
            begin, end = self._Pointers.from_address(int(vector.this))
        except (TypeError, ValueError, AttributeError):
            return False
        # The length is looked at first: a foreign layout must not make us read wild memory.
        return end - begin == FRAME_BYTES and ctypes.string_at(begin, FRAME_BYTES) == sample == bytes(vector)


class Pairing:
    """Joins what came in and what went out in one clock tick.

    In every tick PJSIP first asks all ports for their frame and then delivers the
    mixed frames. So the port's own request opens a tick, both sides of the tick
    before are complete by then, and the pair is sample-accurate without a clock.
    """

    def __init__(self) -> None:
        self.sink: FrameSink | None = None
        self._left = SILENCE
        self._right = SILENCE

    def left(self, frame: bytes) -> None:
        self._left = frame

    def right(self, frame: bytes) -> None:
        self._right = frame

    def tick(self) -> None:
        """A new tick begins: hand over the one that is complete."""
        sink = self.sink
        left, right = self._left, self._right
        self._left = self._right = SILENCE
        if sink is not None:
            sink.left(left)
            sink.right(right)


class LegPort(pj.AudioMediaPort):  # type: ignore[misc]  # pjsua2 has no types
    """Speaks the playout queue to the far end and collects what the far end says."""

    def __init__(self, access: FrameAccess, playout: Playout, pairing: Pairing) -> None:
        super().__init__()
        self.heard: deque[bytes] = deque(maxlen=HEARD_FRAMES)
        self.dropped = 0
        self.faults = 0
        self._access = access
        self._playout = playout
        self._pairing = pairing
        self._vector = access.new_vector()
        self._clocked = False

    def onFrameRequested(self, frame: Any) -> None:
        if not self._clocked:
            self._clocked = True
            go_first()  # PJSIP's clock has no other moment at which its thread can be reached
        try:
            self._pairing.tick()
        except Exception:
            self.faults += 1  # a recorder's fault must not cost the caller a frame
        try:
            self._vector = self._access.write(self._vector, self._playout.frame())
            frame.type = pj.PJMEDIA_FRAME_TYPE_AUDIO
            frame.buf = self._vector
        except Exception:
            self.faults += 1

    def onFrameReceived(self, frame: Any) -> None:
        try:
            pcm = _sound(self._access, frame)
            self._pairing.left(pcm)
            if len(self.heard) == HEARD_FRAMES:
                self.dropped += 1
            self.heard.append(pcm)
        except Exception:
            self.faults += 1


class HearingPort(pj.AudioMediaPort):  # type: ignore[misc]  # pjsua2 has no types
    """Gets the same mix as the far end, for the recording's right channel."""

    def __init__(self, access: FrameAccess, pairing: Pairing) -> None:
        super().__init__()
        self.faults = 0
        self._access = access
        self._pairing = pairing

    def onFrameReceived(self, frame: Any) -> None:
        try:
            self._pairing.right(_sound(self._access, frame))
        except Exception:
            self.faults += 1


def _sound(access: FrameAccess, frame: Any) -> bytes:
    """One whole frame; size 0 is PJSIP's silence."""
    if not frame.size:
        return SILENCE
    pcm = access.read(frame.buf)
    return pcm if len(pcm) == FRAME_BYTES else (pcm + SILENCE)[:FRAME_BYTES]


def open_port(port: Any, name: str) -> None:
    """Give the port to the conference bridge. SIP thread only; raises pj.Error."""
    form = pj.MediaFormatAudio()
    form.init(pj.PJMEDIA_FORMAT_PCM, SAMPLE_RATE, 1, 20_000, 16)
    port.createPort(name, form)


def destroy_port(port: Any) -> None:
    """Run the C++ destructor now, in the SIP thread, while the Python object is whole."""
    pj.AudioMediaPort.__swig_destroy__(port)
