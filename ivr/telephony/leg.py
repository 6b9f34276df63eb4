"""One call leg: the handle for the asyncio side and pjsip's call object for the SIP thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

import pjsua2 as pj

from ivr.errors import TelephonyError
from ivr.events import HangupReason
from ivr.telephony.keys import KEYS, KeyFilter
from ivr.telephony.media import FrameAccess, FrameSink
from ivr.telephony.native import DialogKey, dialog_of
from ivr.telephony.reasons import LegHistory
from ivr.telephony.routes import Destination
from ivr.telephony.watchdog import MediaWatchdog
from ivr.telephony.wiring import LegMedia

log = logging.getLogger(__name__)


class LegCommands(Protocol):
    """What a handle asks of the SIP thread; callable from any thread, returns at once."""

    def end_leg(self, leg_id: str, reason: HangupReason) -> None: ...
    def press_key(self, leg_id: str, key: str) -> None: ...
    def answer_leg(self, leg_id: str) -> None: ...
    def hold_leg(self, leg_id: str, held: bool) -> None: ...


class Leg:
    """A leg as the session sees it. Every method may be called from any thread and never blocks.

    After ``LegEnded`` all methods do nothing: an utterance given too late is not
    reported, which ``LegEnded`` itself stands for.
    """

    def __init__(self, leg_id: str, inbound: bool, media: LegMedia, commands: LegCommands) -> None:
        self.id = leg_id
        self.inbound = inbound
        self._media = media
        self._commands = commands

    def play(self, utterance: str, pcm: bytes) -> None:
        """Append sound (16-bit mono 8 kHz) to the queue; ``LegPlaybackDone`` reports its end, once."""
        self._media.playout.add(utterance, pcm)

    def pause(self) -> None:
        """The queue stands still and silence is sent; nothing is lost (reversible barge-in)."""
        self._media.playout.pause()

    def resume(self) -> None:
        """Go on where :meth:`pause` stopped."""
        self._media.playout.resume()

    def flush(self) -> None:
        """Cut all that is queued; each utterance reports ``completed=False``. Ends a pause."""
        self._media.playout.flush()

    def answer(self) -> None:
        """Answer a ringing inbound leg where the line doesn't by itself; any other leg stays as it is."""
        self._commands.answer_leg(self.id)

    def hold(self) -> None:
        """Put the far end on hold (re-INVITE, sendonly). No sound flows, and none counts as lost."""
        self._commands.hold_leg(self.id, True)

    def unhold(self) -> None:
        """Take the far end off hold."""
        self._commands.hold_leg(self.id, False)

    def hangup(self, reason: HangupReason = HangupReason.ASSISTANT) -> None:
        """End the leg: BYE, or CANCEL for an outbound leg that was not answered. ``LegEnded`` carries ``reason``."""
        self._commands.end_leg(self.id, reason)

    def tap(self, sink: FrameSink | None) -> None:
        """Give both sides of every clock tick to ``sink`` from the next tick on; None ends it."""
        self._media.pairing.sink = sink

    def send_key(self, key: str) -> None:
        """Press a key towards the far end (RFC 4733). Raises TelephonyError if there is no such key."""
        if key not in KEYS:
            raise TelephonyError("send_key", f"{key!r} is not a key", "Use 0-9, *, # or A-D")
        self._commands.press_key(self.id, key)


class CallKeeper(Protocol):
    """Who is told, in the SIP thread, what happens to a call (``key_pressed``: any thread)."""

    def state_changed(self, call: LegCall) -> None: ...
    def media_changed(self, call: LegCall) -> None: ...
    def key_pressed(self, call: LegCall, key: str, source: str) -> None: ...


class LegCall(pj.Call):  # type: ignore[misc]  # pjsua2 has no types
    """pjsip's call with what the SIP thread knows of it. Lives and dies in that thread.

    Callbacks catch everything: an exception would unwind through C++.

    pjsua2's destructor hangs up whatever call has the object's number *by then*,
    and pjsip gives a number to the next INVITE as soon as a call has ended. So the
    C++ half is destroyed before that can be: in the callback that says that the
    call ended, or, when a command of ours ended it, right after the command.
    """

    def __init__(
        self,
        keeper: CallKeeper,
        account: Any,
        leg_id: str,
        frames: FrameAccess,
        call_id: int | None = None,
        media: LegMedia | None = None,
    ) -> None:
        super().__init__(account, pj.PJSUA_INVALID_ID if call_id is None else call_id)
        self.leg_id = leg_id
        self.inbound = call_id is not None
        self.media = media or LegMedia(frames)
        self.keys = KeyFilter()
        self.watchdog: MediaWatchdog | None = None
        self.stream_index = 0
        self.answered = False  # 200 sent or received
        self.confirmed = False  # ACK received or sent
        self.announced = False  # LegAnswered was emitted
        self.ringing = False
        self.alive = False  # outbound: any answer came, if only 100
        self.around: Destination | None = None  # outbound: the way that is left if this one fails
        self.held = False
        self.ended = False
        self.code = 0
        self.ours: HangupReason | None = None
        self.dialog: DialogKey | None = None
        self.sent = ""  # outbound: the INVITE as it went out
        self._commanded = False
        self._destroyed = False
        self._keeper: CallKeeper | None = keeper

    @property
    def history(self) -> LegHistory:
        """For the hang-up reason."""
        return LegHistory(self.inbound, self.answered, self.confirmed, self.ours)

    def command(self, action: Callable[[], None]) -> None:
        """Run a pj method of this call that may end it. Raises pj.Error."""
        self._commanded = True
        try:
            action()
        finally:
            self._commanded = False
            self._destroy_if_ended()

    def invite(self, destination: Destination) -> None:
        """Send the INVITE of an outbound leg. Raises pj.Error."""
        options = pj.CallOpParam(True)
        for name, value in destination.headers.items():
            header = pj.SipHeader()
            header.hName, header.hValue = name, value
            options.txOption.headers.append(header)
        self.command(lambda: self.makeCall(destination.uri, options))

    def reply(self, code: int) -> None:
        """Answer the INVITE of an inbound leg. Raises pj.Error."""
        options = pj.CallOpParam(True)
        options.statusCode = code
        self.command(lambda: self.answer(options))

    def abandon(self) -> None:
        """pjsip gave this call's number away without a word: the object must not touch it, not even when it dies."""
        self.ended = self._destroyed = True
        self.this.own(False)
        self.forget_keeper()

    def _destroy_if_ended(self) -> None:
        if self.ended and not self._destroyed:
            self._destroyed = True
            pj.Call.__swig_destroy__(self)

    def forget_keeper(self) -> None:
        """Break the cycle, so that the object dies with its last reference and not in a collection."""
        self._keeper = None

    def onCallState(self, prm: Any) -> None:
        self._tell(lambda keeper: keeper.state_changed(self))
        if not self._commanded:
            self._destroy_if_ended()

    def onCallMediaState(self, prm: Any) -> None:
        self._tell(lambda keeper: keeper.media_changed(self))

    def onCallTsxState(self, prm: Any) -> None:
        if self.dialog is not None and self.dialog.remote_tag:
            return
        try:
            source = prm.e.body.tsxState.src
            self.alive = self.alive or bool(source.rdata.wholeMsg)
            message = source.tdata.wholeMsg or source.rdata.wholeMsg
            self.dialog = dialog_of(message, inbound=self.inbound) or self.dialog
            if not self.inbound and message.startswith("INVITE "):
                self.sent = message
        except Exception:
            log.exception("leg %s: its dialog can't be read", self.leg_id)

    def onDtmfDigit(self, prm: Any) -> None:  # may come in pjsip's media worker
        key, method = str(prm.digit), prm.method
        source = "info" if method == pj.PJSUA_DTMF_METHOD_SIP_INFO else "rtp"
        self._tell(lambda keeper: keeper.key_pressed(self, key, source))

    def _tell(self, what: Callable[[CallKeeper], None]) -> None:
        keeper = self._keeper
        if keeper is None:
            return
        try:
            what(keeper)
        except Exception:
            log.exception("leg %s: a callback failed", self.leg_id)
