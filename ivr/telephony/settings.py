"""What one line process needs to know about SIP and RTP, taken from the configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ivr.config import Config
from ivr.privacy import Secret

RING_S: Final = 5.0  # one ring of the Lithuanian network: 1 s of tone, 4 s of pause


@dataclass(frozen=True, slots=True)
class LineSettings:
    """Settings of one worker; one worker is one process with one SIP port.

    ``port`` and ``rtp_port``: 0 for ``port`` lets the system choose (tests); the RTP
    range is ``rtp_port`` to ``rtp_port + rtp_ports - 1``. ``trunks``: addresses or
    networks whose INVITEs are admitted; the registrar's own addresses are added.
    ``second_route``: ``host[:port]`` that an outbound call takes when the one in its
    address fails, or says nothing for ``route_timeout_s``; empty for none.
    ``callers``: callers at once. ``accepts_callers`` false makes a worker for
    outbound calls only: every INVITE from outside gets 486. ``answers_itself`` false
    lets callers ring until :meth:`~ivr.telephony.leg.Leg.answer`. ``log_level`` 1–5
    writes pjsip's own log to stderr; 0, the default, writes nothing.
    """

    bind: str = "127.0.0.1"
    public_address: str = ""
    port: int = 5060
    tcp: bool = True
    rtp_port: int = 20000
    rtp_ports: int = 100
    trunks: tuple[str, ...] = ("127.0.0.0/8",)
    codecs: tuple[str, ...] = ("PCMA", "PCMU", "G722")
    answer_after_rings: int = 0
    session_expires_s: int = 1800
    media_timeout_s: float = 10.0
    ack_timeout_s: float = 8.0
    second_route: str = ""
    route_timeout_s: float = 3.0
    callers: int = 2
    registrar: str = ""
    username: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    number: str = "1883"
    accepts_callers: bool = True
    answers_itself: bool = True
    log_level: int = 0

    @property
    def answer_delay_s(self) -> float:
        """Seconds from 180 to 200."""
        return self.answer_after_rings * RING_S

    @classmethod
    def from_config(cls, config: Config, worker_index: int = 0) -> LineSettings:
        """Settings of worker ``worker_index``.

        Workers 0 … ``workers.count`` - 1 take callers, the ``workers.outbound``
        after them only place calls. Raises ConfigError when the password file can't be read.
        """
        sip, workers = config.sip, config.workers
        return cls(
            bind=sip.bind,
            public_address=sip.public_address,
            port=sip.port + worker_index if sip.port else 0,
            tcp=sip.tcp,
            rtp_port=sip.rtp_port + worker_index * sip.rtp_ports,
            rtp_ports=sip.rtp_ports,
            trunks=sip.trunks,
            codecs=sip.codecs,
            answer_after_rings=sip.answer_after_rings,
            session_expires_s=sip.session_expires_s,
            media_timeout_s=sip.media_timeout_s,
            ack_timeout_s=sip.ack_timeout_s,
            second_route=sip.second_route,
            route_timeout_s=sip.route_timeout_s,
            callers=workers.callers_per_worker,
            registrar=sip.registrar,
            username=sip.username,
            password=config.secret("sip", "password"),
            number=config.line.number,
            accepts_callers=worker_index < workers.count,
        )
