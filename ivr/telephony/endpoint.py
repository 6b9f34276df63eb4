"""pjsip brought up and taken down: transports, codecs, the account towards trunk or registrar.

Everything here runs in the SIP thread. One endpoint per process (pjsip's own rule).
"""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import pjsua2 as pj

from ivr.errors import PortTaken, TelephonyError
from ivr.events import SAMPLE_RATE
from ivr.telephony import native
from ivr.telephony.capabilities import Capabilities
from ivr.telephony.late import LateAnswers
from ivr.telephony.media import FrameAccess
from ivr.telephony.settings import LineSettings

WANTED_LEGS: Final = 64
PORTS_PER_LEG: Final = 2  # RTP and RTCP
UNUSABLE_ADDRESS: Final = "240.0.0.1"  # reserved (RFC 1112): no machine can bind it
MIN_SESSION_S: Final = 90  # RFC 4028 section 4

log = logging.getLogger(__name__)

IncomingCall = Callable[[int, str, str], None]  # pjsua call id, source address, INVITE's text
RegistrationState = Callable[[str], None]


class TrunkAccount(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    """Passes pjsip's callbacks on; the receivers catch everything themselves."""

    def __init__(self, incoming: IncomingCall, registration: RegistrationState) -> None:
        super().__init__()
        self._incoming = incoming
        self._registration = registration

    def onIncomingCall(self, prm: Any) -> None:
        self._incoming(prm.callId, prm.rdata.srcAddress, prm.rdata.wholeMsg)

    def onRegState(self, prm: Any) -> None:
        ok = prm.code // 100 == 2
        state = ("registered" if prm.expiration > 0 else "none") if ok else f"failed {prm.code}"
        self._registration(state)


class _StderrLog(pj.LogWriter):  # type: ignore[misc]  # pjsua2 has no types
    def write(self, entry: Any) -> None:
        with contextlib.suppress(Exception):  # a broken stderr must not unwind into C++
            sys.stderr.write(entry.msg)


class _Library(pj.Endpoint):  # type: ignore[misc]  # pjsua2 has no types
    """Turns a flood away before pjsip makes media for it: such an INVITE is given to the closed account."""

    def __init__(self, all_legs_taken: Callable[[], None]) -> None:
        super().__init__()
        self.crowded: Callable[[str], bool] | None = None
        self.open_account = self.closed_account = pj.PJSUA_INVALID_ID
        self._all_legs_taken = all_legs_taken

    def onSelectAccount(self, prm: Any) -> None:
        try:
            if self.crowded is not None and prm.rdata.wholeMsg.startswith("INVITE "):
                crowded = self.crowded(prm.rdata.srcAddress)
                prm.accountIndex = self.closed_account if crowded else self.open_account
        except Exception:
            log.exception("an INVITE could not be looked at")

    def onRejectedIncomingCall(self, prm: Any) -> None:
        self._all_legs_taken()


class Endpoint:
    """The library, initialised; ``close`` must come last and in the same thread."""

    def __init__(self, settings: LineSettings, all_legs_taken: Callable[[], None]) -> None:
        self.settings = settings
        self.frames = FrameAccess()
        self.account: TrunkAccount | None = None
        self._all_legs_taken = all_legs_taken
        self._library: Any = None
        self._closed: Any = None
        self._sieve: native.Sieve | None = None
        self._local = ""  # address:port of the UDP transport

    def open(self) -> Capabilities:
        """Listen. Raises PortTaken, TelephonyError; after an error ``close`` is still to be called."""
        _check_ports(self.settings)
        try:
            self._initialise()
            port = self._listen()
            self._library.audDevManager().setNullDev()
            self._library.libStart()
            codecs = self._order_codecs()
        except pj.Error as error:
            raise TelephonyError("start", error.reason or error.info(), "Check the [sip] settings") from error
        max_legs = native.max_legs(WANTED_LEGS)
        if self.settings.rtp_ports < max_legs * PORTS_PER_LEG:
            raise TelephonyError(
                "sip.rtp_ports",
                f"{self.settings.rtp_ports} RTP ports are too few for {max_legs} legs",
                f"Set at least {max_legs * PORTS_PER_LEG}",
            )
        return Capabilities(
            max_legs=max_legs,
            fast_buffers=self.frames.fast,
            codecs=codecs,
            port=port,
            version=self._library.libVersion().full,
        )

    def enlist(
        self,
        incoming: IncomingCall,
        registration: RegistrationState,
        crowded: Callable[[str], bool],
        late: LateAnswers,
    ) -> None:
        """Take calls (and register, when a registrar is set). Raises TelephonyError.

        ``crowded`` is asked with the source of every INVITE; if true it gets 500 at once. ``late`` gets the answers
        that pjsip has no transaction for.
        """
        if self._sieve is not None:
            self._sieve.late = late
        self.account = TrunkAccount(incoming, registration)
        self._closed = pj.Account()
        try:
            self.account.create(self._account_config())
            self._closed.create(self._closed_config())
            self.account.setDefault()
            self._library.open_account, self._library.closed_account = self.account.getId(), self._closed.getId()
            self._library.crowded = crowded
        except pj.Error as error:
            raise TelephonyError("sip.registrar", error.reason, "Write it as sip:host or sip:host:port") from error

    def handle_events(self, wait_ms: int) -> None:
        """Wait for and handle SIP; lets other Python threads run meanwhile."""
        self._library.libHandleEvents(wait_ms)

    def unregister(self) -> None:
        """Tell the registrar that we leave; its answer comes as a registration state."""
        if self.account is not None and self.settings.registrar:
            with contextlib.suppress(pj.Error):  # not registered just now
                self.account.setRegistration(False)

    def close(self) -> None:
        """Take the library down. Every call and port must be gone."""
        for account in (self.account, self._closed):
            if account is not None:
                account.shutdown()
        self.account = self._closed = account = None
        library, self._library = self._library, None
        if library is not None:
            library.crowded = None
            library.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)  # farewells were said; spares a second of waiting
        self._sieve = None

    def _initialise(self) -> None:
        native.set_log_level(0)
        self._library = _Library(self._all_legs_taken)
        self._library.libCreate()
        config = pj.EpConfig()
        level = self.settings.log_level
        config.logConfig.level = level
        config.logConfig.consoleLevel = level
        config.logConfig.msgLogging = level >= 4
        if level:
            config.logConfig.writer = _StderrLog().__disown__()  # the library deletes it
        user_agent, media = config.uaConfig, config.medConfig
        user_agent.threadCnt = 0  # no worker threads: the SIP thread polls
        user_agent.mainThreadOnly = False
        user_agent.maxCalls = WANTED_LEGS
        user_agent.userAgent = f"ivr-1883/{_version()}"
        media.clockRate = media.sndClockRate = SAMPLE_RATE
        media.threadCnt = 1
        media.noVad = True  # silence is sent too: the far end's watchdog and recordings need it
        media.ecTailLen = 0
        media.sndAutoCloseTime = -1  # the clock keeps ticking, so the first frame of a call is not late
        self._library.libInit(config)
        self._sieve = native.Sieve()

    def _listen(self) -> int:
        settings = self.settings
        transport = pj.TransportConfig()
        transport.boundAddress = settings.bind
        transport.publicAddress = settings.public_address
        transport.port = settings.port
        first = self._transport(pj.PJSIP_TRANSPORT_UDP, transport, "udp")
        self._local = self._library.transportGetInfo(first).localName
        port = int(self._local.rpartition(":")[2])
        if settings.tcp:
            transport.port = port
            self._transport(pj.PJSIP_TRANSPORT_TCP, transport, "tcp")
        return port

    def _transport(self, kind: int, config: Any, name: str) -> int:
        try:
            return int(self._library.transportCreate(kind, config))
        except pj.Error as error:
            if error.status % 1000 == errno.EADDRINUSE:
                raise PortTaken(self.settings.bind, config.port, name) from error
            raise

    def _order_codecs(self) -> tuple[str, ...]:
        """Our codecs in our order, everything else off; returns what the build really has."""
        wanted = {name: 255 - index for index, name in enumerate(self.settings.codecs)}
        found: list[str] = []
        for codec in self._library.codecEnum2():
            name = codec.codecId.partition("/")[0]
            self._library.codecSetPriority(codec.codecId, wanted.get(name, 0))
            if name in wanted:
                found.append(name)
        if not found:
            raise TelephonyError("sip.codecs", "this build of pjproject has none of them", "Use PCMA, PCMU or G722")
        return tuple(sorted(found, key=lambda name: -wanted[name]))

    def _account_config(self) -> Any:
        settings = self.settings
        config = pj.AccountConfig()
        if settings.registrar:
            host = settings.registrar.partition(":")[2]
            config.idUri = f"sip:{settings.username}@{host}"
            config.regConfig.registrarUri = settings.registrar
            config.regConfig.retryIntervalSec = 30
            config.sipConfig.authCreds.append(
                pj.AuthCredInfo("digest", "*", settings.username, 0, settings.password.reveal())
            )
        else:
            config.idUri = f"sip:{settings.number}@{settings.public_address or self._local}"
        media = config.mediaConfig.transportConfig
        media.port = settings.rtp_port
        media.portRange = settings.rtp_ports - 1
        media.boundAddress = settings.bind
        media.publicAddress = settings.public_address
        config.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL
        config.callConfig.timerSessExpiresSec = settings.session_expires_s
        config.callConfig.timerMinSESec = MIN_SESSION_S
        return config

    def _closed_config(self) -> Any:
        """An account whose media can't be opened: pjsip refuses its calls with 500 and takes no socket."""
        config = pj.AccountConfig()
        config.idUri = "sip:closed@closed.invalid"
        media = config.mediaConfig.transportConfig
        media.boundAddress = UNUSABLE_ADDRESS
        media.port, media.portRange = self.settings.rtp_port, 1
        return config


def _check_ports(settings: LineSettings) -> None:
    """Refuse ports that can't work before pjsip begins, with a sentence that names the key."""
    last = settings.rtp_port + settings.rtp_ports - 1
    if settings.rtp_port < 1024 or last > 65535:
        raise TelephonyError(
            "sip.rtp_port",
            f"RTP ports {settings.rtp_port}-{last} don't lie between 1024 and 65535",
            "Set another rtp_port or fewer rtp_ports",
        )
    if settings.rtp_port <= settings.port <= last:
        raise TelephonyError(
            "sip.rtp_port",
            f"SIP port {settings.port} lies among the RTP ports {settings.rtp_port}-{last}",
            "Set another rtp_port",
        )
    if settings.port:
        _check_free(settings, socket.SOCK_DGRAM, "udp")
        if settings.tcp:
            _check_free(settings, socket.SOCK_STREAM, "tcp")


def _check_free(settings: LineSettings, kind: socket.SocketKind, name: str) -> None:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:  # connections of our predecessor that still linger are no obstacle
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.bind, settings.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(settings.bind, settings.port, name) from error
            raise TelephonyError(
                "sip.bind",
                f"can't listen on {settings.bind}:{settings.port} ({error.strerror})",
                "Set an address of this machine and a port that this user may use",
            ) from error


def _version() -> str:
    try:
        return version("ivr-1883")
    except PackageNotFoundError:
        return "0"
