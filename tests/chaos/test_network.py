"""A bad network under a real call: loss, jitter and packets in the wrong order.

One-way sound is in ``tests/telephony/test_line_policies.py``: who sends none is lost, who is on hold is not.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.simulator.rtp import RtpSocket
from ivr.simulator.wire import WirePhone
from tests.telephony.echoline import tone
from tests.telephony.lineprocess import LineProcess, loudness_at

pytestmark = pytest.mark.sip
KEYS = "159#0*"


class BadRtp(RtpSocket):
    """Loses, holds back and swaps what it sends; the same packets for the same seed."""

    def __init__(self, *, loss: float = 0.0, swapped: float = 0.0, burst: int = 1) -> None:
        super().__init__("127.0.0.1", 0, "PCMA")
        self._chance = random.Random(1883)
        self._loss, self._swapped, self._burst = loss, swapped, burst
        self._waiting: list[bytes] = []
        self._swap = False
        self.lost = 0

    def _packet(self, payload_type: int, payload: bytes, timestamp: int, *, marker: bool = False) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        if self._chance.random() < self._loss:
            self.lost += 1
            return
        head = struct.pack("!BBHII", 0x80, payload_type | marker << 7, self._sequence, timestamp, self._ssrc)
        if not self._waiting:
            self._swap = self._chance.random() < self._swapped
        self._waiting.append(head + payload)
        if len(self._waiting) < self._burst + self._swap:
            return
        for packet in reversed(self._waiting) if self._swap else self._waiting:
            if self.peer is not None:
                self._socket.sendto(packet, self.peer)
        self._waiting.clear()


class BadPhone(WirePhone):
    """A telephone on such a network."""

    def __init__(self, line: tuple[str, int], sound: BadRtp) -> None:
        super().__init__(line)
        self._sound.close()
        self._sound, self.rtp_port = sound, sound.port


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LineProcess]:
    with LineProcess(behaviour={"tap": str(tmp_path_factory.mktemp("taps"))}) as running:
        yield running


@pytest.mark.parametrize(
    ("loss", "swapped", "burst"),
    [(0.01, 0.0, 1), (0.05, 0.0, 1), (0.1, 0.0, 1), (0.0, 0.1, 1), (0.0, 0.0, 4), (0.1, 0.1, 3)],
    ids=["1 % lost", "5 % lost", "10 % lost", "swapped", "in bursts", "all of it"],
)
def test_the_call_stays_up_the_caller_is_heard_and_every_key_comes_once(
    loss: float, swapped: float, burst: int, line: LineProcess
) -> None:
    line.forget()
    sound = BadRtp(loss=loss, swapped=swapped, burst=burst)
    with BadPhone(line.address, sound) as phone:
        assert phone.invite(timeout_s=30.0).code == 200
        leg = line.wait("LegOffered")["leg"]
        phone.stream(1.0, tone(1000.0, 1.0))
        for key in KEYS:
            phone.press(key)
            phone.stream(0.3, tone(1000.0, 1.0))
        assert phone.bye(30.0) == 200
    assert line.wait("LegEnded", leg=leg)["reason"] == "caller"
    tapped = line.wait("Tapped", leg=leg)
    assert "".join(event["key"] for event in line.of("LegKey", leg)) == KEYS
    left, right = tapped["frames"]
    assert left == right > 0
    stereo = Path(tapped["path"]).read_bytes()[44:]
    caller = b"".join(stereo[at : at + 2] for at in range(0, len(stereo), 4))
    assert loudness_at(caller, 1000.0) > 500
    assert (sound.lost > 0) == (loss > 0)
