"""The few functions of pjsip that pjsua2 does not offer, called in the C library itself. SIP thread only.

The extension module of the stock wheel exports them. A build that hides them
works without: it is assumed to have the stock limit of legs, prints a few lines
at start, keeps the leg of a far end that has vanished for 32 s (RFC 3261
timers) instead of freeing it at once, does not hang up who answers an INVITE
that was given up, and falls when a stray ACK looks like a merged request
(pjproject 4203, mended in 2.16) or a key by INFO is cut off.
"""

from __future__ import annotations

import ctypes
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import pjsua2 as pj
import structlog

from ivr.errors import TelephonyError
from ivr.telephony.identity import headers_of, tag_of
from ivr.telephony.late import LateAnswers

_log = structlog.get_logger(__name__)
STOCK_MAX_LEGS: Final = 4
_REQUEST_TIMEOUT: Final = 408
_BAD_REQUEST: Final = 400
_LONGEST_ADDRESS: Final = 28  # bytes of a pj_sockaddr
_IPV4_ADDRESS: Final = 16  # of one for IPv4
_BEFORE_TRANSACTIONS: Final = 15  # transactions come at 16
_BEFORE_DIALOGS: Final = 31  # a module's priority: transactions (16) had it, dialogs (32) have not
_BEFORE_PJSUA: Final = 63  # dialogs had it, pjsua (64) has not
_END_OF_HEADERS: Final = re.compile(r"\r?\n\r?\n")
_CSEQ: Final = re.compile(r"(?im)^cseq\s*:\s*\d+\s+([^\s;]+)")
_MAKES_DIALOG: Final = re.compile(r"SIP/2\.0 (?!100)[12]\d\d ")  # RFC 3261 section 12.1
_LINE: Final = re.compile(r"[^\r\n]*")


@dataclass(frozen=True, slots=True)
class DialogKey:
    """What identifies a dialog (RFC 3261 section 12)."""

    call_id: str
    local_tag: str
    remote_tag: str


def dialog_of(message: str, *, inbound: bool) -> DialogKey | None:
    """The dialog that ``message`` makes: a response to INVITE, or the INVITE that we send, whose far end has no tag
    yet. None for other requests, for 100, and for a refusal: a challenge (401, 407) is followed by another INVITE of
    the same dialog, whose far end is whoever answers that.

    ``inbound``: we sent the response, so the To tag is ours.
    """
    headers = headers_of(message)
    from_tag, to_tag = tag_of(headers.get("from", "")), tag_of(headers.get("to", ""))
    if not inbound and message.startswith("INVITE ") and from_tag:
        return DialogKey(headers.get("call-id", ""), from_tag, to_tag)
    if not _MAKES_DIALOG.match(message) or not (from_tag and to_tag):
        return None
    local, remote = (to_tag, from_tag) if inbound else (from_tag, to_tag)
    return DialogKey(headers.get("call-id", ""), local, remote)


def max_legs(wanted: int) -> int:
    """Call legs that the library really has after ``libInit`` with ``maxCalls=wanted``.

    The library clamps ``maxCalls`` to its compile-time limit without a word.
    """
    library = _library()
    if library is None:
        return min(wanted, STOCK_MAX_LEGS)
    return int(library.pjsua_call_get_max_count())


def legs_taken() -> int:
    """Call legs that pjsip still counts as taken, those included that wait for the far end's last word."""
    library = _library()
    return int(library.pjsua_call_get_count()) if library is not None else 0


def set_log_level(level: int) -> None:
    """pjsip writes to stdout between ``libCreate`` and ``libInit``; this holds from before that."""
    library = _library()
    if library is not None:
        library.pj_log_set_level(ctypes.c_int(level))


def drop_dialog(key: DialogKey) -> bool:
    """Forget an INVITE session that we have hung up and that the far end never finished; False if there is none.

    Until then pjsua counts its leg as taken: an un-ACKed 200 may not be followed
    by BYE before timer H, and a BYE may stay unanswered for as long as timer F.
    """
    library = _library()
    if library is None:
        return False
    texts = [_Text.of(part) for part in (key.call_id, key.local_tag, key.remote_tag)]
    dialog = library.pjsip_ua_find_dialog(*(ctypes.byref(text) for text in texts), 1)
    if not dialog:
        return False
    try:
        session = library.pjsip_dlg_get_inv_session(dialog)
        if session:
            library.pjsip_inv_terminate(session, _REQUEST_TIMEOUT, 1)
        return bool(session)
    finally:
        library.pjsip_dlg_dec_lock(dialog)


def send(message: str, address: str, tcp: bool) -> None:
    """Send ``message`` as it is from the line's own port to ``address:port``; nobody is told if it can't be."""
    library = _library()
    if library is None:
        return
    where = ctypes.create_string_buffer(_LONGEST_ADDRESS)
    if library.pj_sockaddr_parse(socket.AF_INET, 0, ctypes.byref(_Text.of(address)), where):
        return
    data = message.encode(errors="surrogateescape")  # what was no text when it came
    manager = library.pjsip_endpt_get_tpmgr(library.pjsua_get_pjsip_endpt())
    transport = pj.PJSIP_TRANSPORT_TCP if tcp else pj.PJSIP_TRANSPORT_UDP
    library.pjsip_tpmgr_send_raw(manager, transport, None, None, data, len(data), where, _IPV4_ADDRESS, None, None)


class Sieve:
    """Takes messages away before pjsip sees them. Must live as long as the library does.

    Requests that would end the process by an assertion of pjsip's. An ACK of no dialog: pjsua looks whether a request
    without a To tag is one of ours on another way (RFC 3261 section 8.2.2.2) and answers 482, to an ACK, too. A key by
    INFO whose first line is its last and has no end: pjsua subtracts the line's end and looks for the duration in what
    is left, less than nothing. It gets 400. A request whose CSeq names another method (RFC 3261 section 8.1.1.5): it is
    taken for part of that one's transaction. No answer.

    And, for ``late``, answers to an INVITE that pjsip does not know any more.
    """

    def __init__(self) -> None:
        """After ``libInit``. Raises TelephonyError when pjsip does not take it."""
        self.late: LateAnswers | None = None
        library = self._library = _library()
        # Whoever is called from C must not be collected while C knows it.
        self._modules = (
            _module("ivr-methods", _BEFORE_TRANSACTIONS, self._takes_two_methods),
            _module("ivr-keys", _BEFORE_DIALOGS, self._takes_info),
            _module("ivr-late", _BEFORE_DIALOGS, on_response=self._takes_late),
            _module("ivr-stray-acks", _BEFORE_PJSUA, self._takes_ack),
        )
        if library is None:
            return
        for module in self._modules:
            status = library.pjsip_endpt_register_module(library.pjsua_get_pjsip_endpt(), ctypes.byref(module))
            if status:
                raise TelephonyError("start", f"pjsip refuses a module ({status})", "Use the pinned pjsua2-python")

    def _takes_ack(self, message: int) -> bool:
        """True: no module after this one sees the request."""
        return self._is(message, b"ACK")

    def _takes_info(self, message: int) -> bool:
        if self._library is None or not self._is(message, b"INFO"):
            return False
        if not is_cut_off_key(self._text(message)):
            return False
        self._library.pjsip_endpt_respond_stateless(
            self._library.pjsua_get_pjsip_endpt(), message, _BAD_REQUEST, None, None, None
        )
        return True

    def _takes_two_methods(self, message: int) -> bool:
        return has_two_methods(self._text(message))

    def _takes_late(self, message: int) -> bool:
        if self.late is None or not self.late.waits:
            return False
        data = self._data(message)
        return self.late.take(str(data.wholeMsg), str(data.srcAddress))

    def _text(self, message: int) -> str:
        return str(self._data(message).wholeMsg)

    def _data(self, message: int) -> Any:
        data = pj.SipRxData()
        if self._library is not None:  # pj::SipRxData::fromPj
            self._library._ZN2pj9SipRxData6fromPjER13pjsip_rx_data(int(data.this), message)
        return data

    def _is(self, message: int, method: bytes) -> bool:
        return self._library is not None and bytes(self._library.pjsip_rx_data_get_info(message)).startswith(
            b"Request msg " + method + b"/"
        )


def has_two_methods(request: str) -> bool:
    """A request with a CSeq of another method than its first line's."""
    head = _END_OF_HEADERS.split(request, maxsplit=1)[0].lstrip()
    method = head.partition(" ")[0].upper()
    return any(found.upper() != method for found in _CSEQ.findall(head))


def is_cut_off_key(message: str) -> bool:
    """An INFO with application/dtmf-relay whose body has less than a line's end after its first line."""
    if "dtmf-relay" not in message.lower():
        return False
    body = _END_OF_HEADERS.split(message, maxsplit=1)[-1].partition("\0")[0].lstrip("\r\n")
    return len(body) - len(_LINE.match(body)[0]) < len("\r\n")  # type: ignore[index]  # matches always


class _Text(ctypes.Structure):
    """pj_str_t."""

    _fields_ = (("ptr", ctypes.c_char_p), ("slen", ctypes.c_ssize_t))

    @classmethod
    def of(cls, text: str) -> _Text:
        data = text.encode()
        return cls(data, len(data))


_OnMessage = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)


class _Module(ctypes.Structure):
    """pjsip_module; what is not named here stays empty."""

    _fields_ = (
        ("prev", ctypes.c_void_p),
        ("next", ctypes.c_void_p),
        ("name", _Text),
        ("id", ctypes.c_int),
        ("priority", ctypes.c_int),
        ("load_start_stop_unload", ctypes.c_void_p * 4),
        ("on_rx_request", _OnMessage),
        ("on_rx_response", _OnMessage),
        ("on_others", ctypes.c_void_p * 3),
    )


def _module(
    name: str,
    priority: int,
    on_request: Callable[[int], bool] | None = None,
    on_response: Callable[[int], bool] | None = None,
) -> _Module:
    takes = {"on_rx_request": on_request, "on_rx_response": on_response}
    told = {field: _OnMessage(_guarded(name, function)) for field, function in takes.items() if function is not None}
    return _Module(name=_Text.of(name), id=-1, priority=priority, **told)


def _guarded(name: str, takes: Callable[[int], bool]) -> Callable[[int], bool]:
    """What C calls must return: after an exception its caller would read anything, and the message might be gone."""

    def guarded(message: int) -> bool:
        try:
            return takes(message)
        except Exception:
            _log.exception("sip.sieve_failed", module=name)
            return False

    return guarded


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL | None:
    """The extension module as a C library with the signatures set, None when it hides one of the functions."""
    pointer, text = ctypes.c_void_p, ctypes.POINTER(_Text)
    try:
        library = ctypes.CDLL(pj._pjsua2.__file__)
        library.pj_log_set_level.argtypes = [ctypes.c_int]
        library.pjsua_call_get_max_count.restype = ctypes.c_uint
        library.pjsua_call_get_count.restype = ctypes.c_uint
        library.pjsip_ua_find_dialog.argtypes = [text, text, text, ctypes.c_int]
        library.pjsip_ua_find_dialog.restype = pointer
        library.pjsip_dlg_get_inv_session.argtypes = [pointer]
        library.pjsip_dlg_get_inv_session.restype = pointer
        library.pjsip_dlg_dec_lock.argtypes = [pointer]
        library.pjsip_dlg_dec_lock.restype = None
        library.pjsip_inv_terminate.argtypes = [pointer, ctypes.c_int, ctypes.c_int]
        library.pjsua_get_pjsip_endpt.restype = pointer
        library.pjsip_endpt_register_module.argtypes = [pointer, ctypes.POINTER(_Module)]
        library.pjsip_endpt_respond_stateless.argtypes = [pointer, pointer, ctypes.c_int, pointer, pointer, pointer]
        library._ZN2pj9SipRxData6fromPjER13pjsip_rx_data.argtypes = [pointer, pointer]
        library._ZN2pj9SipRxData6fromPjER13pjsip_rx_data.restype = None
        library.pj_sockaddr_parse.argtypes = [ctypes.c_int, ctypes.c_uint, text, pointer]
        library.pjsip_endpt_get_tpmgr.argtypes = [pointer]
        library.pjsip_endpt_get_tpmgr.restype = pointer
        library.pjsip_tpmgr_send_raw.argtypes = [
            pointer, ctypes.c_int, pointer, pointer, ctypes.c_char_p, ctypes.c_size_t, pointer, ctypes.c_int, pointer,
            pointer,
        ]  # fmt: skip
        library.pjsip_rx_data_get_info.argtypes = [pointer]
        library.pjsip_rx_data_get_info.restype = ctypes.c_char_p
    except (OSError, AttributeError):
        return None
    return library
