"""The sound of calls: which stream a leg has, when it is up, on hold, or lost. SIP thread only."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import pjsua2 as pj

from ivr.events import LegAnswered, LegAudio, LegEvent, LegHeld, LegPlaybackDone, LegResumed
from ivr.telephony.leg import LegCall
from ivr.telephony.watchdog import MediaWatchdog

log = logging.getLogger(__name__)


class Streams:
    """Wires pjsip's streams to the legs' media and tells ``emit`` what becomes of them.

    ``media_timeout_s``: a leg that is up and hears nothing for so long has lost its far end.
    """

    def __init__(self, media_timeout_s: float, emit: Callable[[LegEvent], None]) -> None:
        self._media_timeout_s, self._emit = media_timeout_s, emit

    def changed(self, call: LegCall) -> None:
        """Offer and answer were exchanged (again): wire whatever stream there is now."""
        if call.ended or not call.answered:
            return  # early media of an outbound leg is ring-back tone; nobody listens yet
        stream, held = _stream_of(call)
        if stream is None:
            call.media.detach()
        else:
            call.media.attach(stream)
        self.announce(call)
        if held != call.held and call.announced:
            call.held = held
            self._mark_hold(call)

    def announce(self, call: LegCall) -> None:
        """LegAnswered, once 200 is out (or in) and sound flows."""
        if call.announced or not call.answered or not call.media.active:
            return
        call.announced = True
        call.watchdog = MediaWatchdog(self._media_timeout_s, time.monotonic())
        codec = str(call.getStreamInfo(call.stream_index).codecName)
        self._emit(LegAnswered(call.leg_id, time.monotonic(), codec))

    def hold(self, call: LegCall, held: bool) -> None:
        """Re-INVITE the far end to hold or back; a leg that is not up stays as it is."""
        if not call.announced or call.ended:
            return
        options = pj.CallOpParam(True)
        try:
            if held:
                call.setHold(options)
            else:
                options.opt.flag = pj.PJSUA_CALL_UNHOLD
                call.reinvite(options)
        except pj.Error as error:
            log.warning("leg %s: hold can't be changed: %s", call.leg_id, error.reason)
            return
        _watch_or_wait(call, held)

    def fetch(self, call: LegCall) -> None:
        """What the media thread left: sound and finished utterances."""
        pcm = call.media.take_heard()
        if pcm and call.announced:
            self._emit(LegAudio(call.leg_id, time.monotonic(), pcm))
        for played in call.media.take_played():
            self._emit(LegPlaybackDone(call.leg_id, time.monotonic(), played.utterance, played.completed))

    def close(self, call: LegCall) -> None:
        """The last of it, when the leg is over."""
        self.fetch(call)
        for played in call.media.close():
            self._emit(LegPlaybackDone(call.leg_id, time.monotonic(), played.utterance, played.completed))

    def lost(self, call: LegCall) -> bool:
        """No packet came for too long. To be asked a few times a second."""
        if call.watchdog is None or call.ended:
            return False
        try:
            stat = call.getStreamStat(call.stream_index)  # must stay referenced, see _stream_of
            packets = stat.rtcp.rxStat.pkt
        except pj.Error:
            packets = 0
        now = time.monotonic()
        call.watchdog.seen(packets, now)
        return call.watchdog.expired(now)

    def _mark_hold(self, call: LegCall) -> None:
        _watch_or_wait(call, call.held)
        now = time.monotonic()
        self._emit(LegHeld(call.leg_id, now) if call.held else LegResumed(call.leg_id, now))


def _watch_or_wait(call: LegCall, held: bool) -> None:
    """On hold no sound flows, and none counts as lost."""
    if call.watchdog is None:
        return
    if held:
        call.watchdog.pause()
    else:
        call.watchdog.resume(time.monotonic())


def _stream_of(call: LegCall) -> tuple[Any, bool]:
    """pjsip's sound of the call, None where there is none, and whether the far end holds us."""
    info = call.getInfo()  # must stay referenced: SWIG's members point into it
    for index, media in enumerate(info.media):
        if media.type != pj.PJMEDIA_TYPE_AUDIO:
            continue
        held = media.status == pj.PJSUA_CALL_MEDIA_REMOTE_HOLD
        if not held and media.status != pj.PJSUA_CALL_MEDIA_ACTIVE:
            continue
        call.stream_index = index
        try:
            return call.getAudioMedia(index), held
        except pj.Error:
            return None, held  # inactive: there is no stream at all
    return None, False
