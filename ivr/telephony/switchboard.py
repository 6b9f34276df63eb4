"""Admits, answers, dials, bridges and ends legs. SIP thread only, unless said otherwise."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from time import monotonic as _now
from typing import Final, Protocol

import pjsua2 as pj

from ivr.errors import NoFreeLeg, TelephonyError
from ivr.events import HangupReason, LegEnded, LegEvent, LegKey, LegOffered, LegRinging
from ivr.telephony import native
from ivr.telephony.access import AccessList
from ivr.telephony.capabilities import Capabilities, LineStatus
from ivr.telephony.endpoint import Endpoint
from ivr.telephony.gate import FloodGate
from ivr.telephony.identity import called_of, caller_of
from ivr.telephony.late import LateAnswers
from ivr.telephony.ledger import Admission, LegLedger
from ivr.telephony.leg import Leg, LegCall, LegCommands
from ivr.telephony.reasons import reason_of
from ivr.telephony.routes import Destination, route_failed
from ivr.telephony.settings import LineSettings
from ivr.telephony.streams import Streams

log = logging.getLogger(__name__)

PATIENCE_S: Final = 4.0  # three repetitions of our BYE or CANCEL
WATCH_EVERY_S: Final = 0.25
_REFUSALS: Final = {Admission.BUSY: 486, Admission.DRAINING: 503}
_UNANSWERED_CODES: Final = {HangupReason.DRAINED: 503, HangupReason.BUSY: 486, HangupReason.DECLINED: 603}
_TOO_MANY: Final = 70010  # PJ_ETOOMANY


class SipLoop(Protocol):
    """The thread that runs us."""

    def post(self, job: Callable[[], object]) -> None: ...  # any thread
    def later(self, delay_s: float, job: Callable[[], object]) -> None: ...  # SIP thread


class Switchboard:
    """All calls of this process and the rules for taking them.

    ``emit`` takes events in the SIP thread; ``offer`` takes the handle of an
    admitted caller's leg, before its first event.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        capabilities: Capabilities,
        access: Callable[[], AccessList],
        loop: SipLoop,
        commands: LegCommands,
        emit: Callable[[LegEvent], None],
        offer: Callable[[Leg], None],
    ) -> None:
        self._settings: LineSettings = endpoint.settings
        self._endpoint = endpoint
        self._make_access = access
        self._access = access()
        self._loop = loop
        self._commands = commands
        self._emit = emit
        self._offer = offer
        self._calls: dict[str, LegCall] = {}
        self._untaken: dict[int, LegCall] = {}  # by pjsip's number, between its callback and our job
        self._ledger = LegLedger(
            capabilities.max_legs, self._settings.callers, accepts_callers=self._settings.accepts_callers
        )
        self._gate = FloodGate()
        self._streams = Streams(self._settings.media_timeout_s, emit)
        self.late = LateAnswers(native.send, loop.later, _now)
        self._refused = 0
        self._registration = "trying" if self._settings.registrar else "none"
        self.status = LineStatus()
        self._publish()
        loop.later(WATCH_EVERY_S, self._watch)

    @property
    def busy(self) -> bool:
        """True while there is any leg to poll."""
        return bool(self._calls)

    # ------------------------------------------------------------ callers

    def crowded(self, source: str) -> bool:
        """True if an INVITE from ``source`` must be turned away before pjsip makes media for it."""
        if self._gate.open_for(self._access.allows(source), _now()):
            return False
        self._refused += 1
        self._publish()
        return True

    def incoming(self, call_id: int, source: str, message: str) -> None:
        """pjsip has a new INVITE; never raises.

        pjsip is in the middle of making the call's media here, and answering or
        ending any call now can trip its assertions, so that waits for the next job.
        """
        try:
            if call_id in self._untaken:
                self._untaken.pop(call_id).abandon()
            call = LegCall(self, self._endpoint.account, uuid.uuid4().hex[:16], self._endpoint.frames, call_id)
        except Exception:
            log.exception("an INVITE from %s could not be handled", source)
            return
        self._untaken[call_id] = call
        self._loop.post(lambda: self._take(call, call_id, source, message))

    def _take(self, call: LegCall, call_id: int, source: str, message: str) -> None:
        if self._untaken.get(call_id) is call:
            del self._untaken[call_id]
        if call.ended:
            return  # cancelled, or refused by pjsip itself, in the very same moment
        try:
            sip_call_id = str(call.getInfo().callIdString)
        except pj.Error:
            call.abandon()
            return
        leg_id = call.leg_id
        code = self._admit(leg_id, source)
        if code:
            self._refused += 1
            self._publish()
            call.reply(code)
            return
        self._calls[leg_id] = call
        self._publish()
        self._offer(Leg(leg_id, True, call.media, self._commands))
        self._emit(LegOffered(leg_id, _now(), caller_of(message), called_of(message), sip_call_id, source))
        try:
            call.reply(180)
        except pj.Error as error:
            log.warning("leg %s can't be answered: %s", leg_id, error.reason)
            self.end(leg_id, HangupReason.ERROR)
            return
        if not self._settings.answers_itself:
            return
        if self._settings.answer_delay_s:
            self._loop.later(self._settings.answer_delay_s, lambda: self.pick_up(leg_id))
        else:
            self.pick_up(leg_id)

    def _admit(self, leg_id: str, source: str) -> int:
        """0 if there is room, else the SIP status to refuse with."""
        if not self._access.allows(source):
            return 403
        admission = self._ledger.admit(leg_id)
        if admission is Admission.BUSY and self.evict_half_open():
            admission = self._ledger.admit(leg_id)
        return _REFUSALS.get(admission, 0)

    def evict_half_open(self) -> bool:
        """End the oldest leg that was answered and never confirmed; False if there is none old enough."""
        victim = self._ledger.evictable(_now())
        if victim is None:
            return False
        self.end(victim, HangupReason.NO_ACK)
        return True

    def pick_up(self, leg_id: str) -> None:
        """Answer a caller's ringing leg."""
        call = self._calls.get(leg_id)
        if call is None or call.ended or call.answered or not call.inbound or not call.isActive():
            return  # cancelled while it rang
        call.answered = True
        self._ledger.answered(leg_id, _now())
        try:
            call.reply(200)
        except pj.Error as error:
            log.warning("leg %s can't be answered: %s", leg_id, error.reason)
            self.end(leg_id, HangupReason.ERROR)
            return
        self._streams.announce(call)
        self._loop.later(self._settings.ack_timeout_s, lambda: self._drop_unconfirmed(leg_id))

    def _drop_unconfirmed(self, leg_id: str) -> None:
        if self._ledger.half_open_for(leg_id, _now()) > 0.0:
            self.end(leg_id, HangupReason.NO_ACK)

    # ------------------------------------------------------------ outbound, bridge, end

    def dial(self, uri: str, headers: Mapping[str, str], reserved_for: str | None, keeps_agent: bool = False) -> Leg:
        """Place a call. Raises NoFreeLeg, TelephonyError."""
        if self._ledger.draining:
            raise TelephonyError("dial", "the line is being stopped", "Call from another line")
        if not self._gate.open_for(True, _now()):
            raise NoFreeLeg(self._ledger.in_use, self._ledger.max_legs)
        leg_id = uuid.uuid4().hex[:16]
        self._ledger.dial(leg_id, reserved_for, keeps_agent=keeps_agent)
        call = LegCall(self, self._endpoint.account, leg_id, self._endpoint.frames)
        self._calls[leg_id] = call
        try:
            self._invite(call, Destination(uri, headers))
        except pj.Error as error:
            if call.around is None or error.status == _TOO_MANY:
                self._calls.pop(leg_id, None)
                self._ledger.release(leg_id)
                call.forget_keeper()
                if error.status == _TOO_MANY:
                    raise NoFreeLeg(self._ledger.in_use, self._ledger.max_legs) from error
                raise TelephonyError(
                    "dial", f"the call can't be placed ({error.reason})", "Check the address and the network"
                ) from error
            self._gone(call, 503)
        finally:
            self._publish()
        return Leg(leg_id, False, call.media, self._commands)

    def _invite(self, call: LegCall, destination: Destination) -> None:
        """Send the INVITE. Raises pj.Error."""
        call.around = destination.around(self._settings.second_route)
        call.invite(destination)
        if call.around is not None:
            self._loop.later(self._settings.route_timeout_s, lambda: self._leave_silent_route(call))

    def _leave_silent_route(self, call: LegCall) -> None:
        """Not a word came back, not even 100: do not wait half a minute for pjsip to say so."""
        if call.ended or call.alive or call.ours is not None:
            return
        self._gone(call, 408)
        self._hang_up(call, pj.CallOpParam())
        self._forget(call)

    def _go_around(self, call: LegCall, destination: Destination) -> None:
        """The same leg by the second route, which costs pjsip's sockets as a call of its own does."""
        if call.ours is not None or self._ledger.draining or not self._gate.open_for(True, _now()):
            self._free(call)
            return
        log.warning("leg %s: its route gives %d, trying the second one", call.leg_id, call.code)
        call.forget_keeper()
        second = LegCall(self, self._endpoint.account, call.leg_id, self._endpoint.frames, media=call.media)
        self._calls[call.leg_id] = second
        try:
            self._invite(second, destination)
        except pj.Error as error:
            log.warning("leg %s: the second route can't be taken: %s", call.leg_id, error.reason)
            self._gone(second, 503)

    def bridge(self, a: str, b: str) -> None:
        """Connect two legs; a leg that is gone by now is no error, its ``LegEnded`` is under way."""
        first, second = self._calls.get(a), self._calls.get(b)
        if first is not None and second is not None:
            first.media.join(second.media)

    def unbridge(self, a: str, b: str) -> None:
        """Part two legs."""
        first, second = self._calls.get(a), self._calls.get(b)
        if first is not None and second is not None:
            first.media.part(second.media)

    def end(self, leg_id: str, reason: HangupReason) -> None:
        """Hang up; the first reason given counts."""
        call = self._calls.get(leg_id)
        if call is None or (call.ended and call.around is None):
            return
        call.ours = call.ours or reason
        if call.ended:
            return  # on its way to the second route, which sees that nobody wants it any more
        options = pj.CallOpParam()
        if call.inbound and not call.answered:
            options.statusCode = _UNANSWERED_CODES.get(reason, 480)
        self._hang_up(call, options)
        self._free_dialog(call)

    def _hang_up(self, call: LegCall, options: pj.CallOpParam) -> None:
        try:
            call.command(lambda: call.hangup(options))
        except pj.Error as error:
            log.warning("leg %s: hang-up failed: %s", call.leg_id, error.reason)
            self._gone(call, 0)

    def _free_dialog(self, call: LegCall) -> None:
        """pjsip keeps the leg until the far end has finished its part: not for ever, and not at all if it never did."""
        if call.inbound and call.answered and not call.confirmed:
            self._forget(call)
        else:
            self._loop.later(PATIENCE_S, lambda: self._forget(call))

    def _forget(self, call: LegCall) -> None:
        """pjsip has the leg for another call; whoever answers this one's INVITE yet is hung up all the same."""
        unfinished = call.dialog is not None and native.drop_dialog(call.dialog)
        if unfinished and call.sent and not call.answered:
            self.late.leave(call.sent)

    def press_key(self, leg_id: str, key: str) -> None:
        """Send one key as RFC 4733."""
        call = self._calls.get(leg_id)
        if call is not None and call.announced and not call.ended:
            call.dialDtmf(key)

    def hold(self, leg_id: str, held: bool) -> None:
        """Re-INVITE the far end to hold or back; a leg that is not up stays as it is."""
        call = self._calls.get(leg_id)
        if call is not None:
            self._streams.hold(call, held)

    def begin_drain(self) -> None:
        """From now on every INVITE gets 503."""
        self._ledger.draining = True
        self._publish()

    def end_all(self, reason: HangupReason) -> None:
        """Hang up everything."""
        for leg_id in tuple(self._calls):
            self.end(leg_id, reason)

    def registration_changed(self, state: str) -> None:
        """pjsip registered, failed or unregistered."""
        self._registration = state
        if state == "registered":
            self._access = self._make_access()  # the registrar's addresses, which may not have been known at start
        self._publish()

    # ------------------------------------------------------------ what happens to calls (CallKeeper)

    def state_changed(self, call: LegCall) -> None:
        """pjsip's call changed its state (RFC 3261 dialog)."""
        info = call.getInfo()
        if info.state == pj.PJSIP_INV_STATE_EARLY and not call.inbound and not call.ringing:
            call.ringing = True
            self._emit(LegRinging(call.leg_id, _now()))
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED and not call.confirmed:
            call.answered = call.confirmed = True
            self._ledger.confirmed(call.leg_id)
            self.media_changed(call)
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._gone(call, info.lastStatusCode)

    def media_changed(self, call: LegCall) -> None:
        """Offer and answer were exchanged (again)."""
        self._streams.changed(call)

    def key_pressed(self, call: LegCall, key: str, source: str) -> None:
        """Any thread."""
        leg_id, at = call.leg_id, _now()

        def report() -> None:
            known = self._calls.get(leg_id)
            if known is not None and known.keys.accept(key, source, at):
                self._emit(LegKey(leg_id, at, key, source))

        self._loop.post(report)

    # ------------------------------------------------------------ regular work

    def poll(self) -> None:
        """Fetch what the media thread left: sound and finished utterances. Every few ms."""
        for call in self._calls.values():
            self._streams.fetch(call)

    def _watch(self) -> None:
        self._loop.later(WATCH_EVERY_S, self._watch)
        for call in tuple(self._calls.values()):
            if self._streams.lost(call):
                self.end(call.leg_id, HangupReason.MEDIA_LOST)

    def _gone(self, call: LegCall, code: int) -> None:
        """The dialog is over: the leg is free at once, its ports go when we are out of pjsip's callback."""
        if call.ended:
            return
        call.ended, call.code = True, code
        destination, call.around = call.around, None
        if destination is not None and not call.ringing and call.ours is None and route_failed(code):
            call.around = destination
            self._loop.post(lambda: self._go_around(call, destination))
            return
        self._free(call)

    def _free(self, call: LegCall) -> None:
        call.media.detach()
        self._ledger.release(call.leg_id)
        self._publish()
        self._loop.post(lambda: self._finish(call))

    def _finish(self, call: LegCall) -> None:
        if self._calls.pop(call.leg_id, None) is None:
            call.forget_keeper()
            return  # refused, or never placed
        self._streams.close(call)
        code = 0 if call.ours is not None else call.code
        self._emit(LegEnded(call.leg_id, _now(), reason_of(call.code, call.history), code))
        call.forget_keeper()

    def _publish(self) -> None:
        ledger = self._ledger
        self.status = LineStatus(
            legs=ledger.in_use,
            callers=ledger.callers,
            reserved=ledger.reserved,
            max_legs=ledger.max_legs,
            draining=ledger.draining,
            registration=self._registration,
            refused=self._refused,
        )
