"""The few functions of pjsip that pjsua2 does not offer, called in the C library itself. SIP thread only.

The extension module of the stock wheel exports them. A build that hides them
works without: it is assumed to have the stock limit of legs, prints a few lines
at start, keeps the leg of a far end that has vanished for 32 s (RFC 3261
timers) instead of freeing it at once, and falls when a stray ACK looks like a
merged request (pjproject 4203, mended in 2.16).
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pjsua2 as pj

from ivr.errors import TelephonyError
from ivr.telephony.identity import headers_of

STOCK_MAX_LEGS: Final = 4
_REQUEST_TIMEOUT: Final = 408
_BEFORE_PJSUA: Final = 63  # a module's priority: dialogs (32) had it, pjsua (64) has not


@dataclass(frozen=True, slots=True)
class DialogKey:
    """What identifies a dialog (RFC 3261 section 12)."""

    call_id: str
    local_tag: str
    remote_tag: str


def dialog_of(message: str, *, inbound: bool) -> DialogKey | None:
    """The dialog that ``message`` belongs to: a response to INVITE, or the INVITE that we send, whose far end has no
    tag yet. None for other requests and for 100, which has no tag.

    ``inbound``: we sent the response, so the To tag is ours.
    """
    headers = headers_of(message)
    from_tag, to_tag = _tag(headers.get("from", "")), _tag(headers.get("to", ""))
    if not inbound and message.startswith("INVITE ") and from_tag:
        return DialogKey(headers.get("call-id", ""), from_tag, to_tag)
    if not message.startswith("SIP/2.0 ") or not (from_tag and to_tag):
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


class StrayAcks:
    """Takes every ACK that belongs to no dialog and no transaction away from pjsua, which has no use for any.

    pjsua looks whether a request without a To tag is one of ours on another way (RFC 3261 section 8.2.2.2) and answers
    482, to an ACK, too: an assertion of pjsip's then ends the process. Must live as long as the library does.
    """

    def __init__(self) -> None:
        """After ``libInit``. Raises TelephonyError when pjsip does not take it."""
        self.dropped = 0
        self._module: _Module | None = None
        library = _library()
        if library is None:
            return
        self._info = library.pjsip_rx_data_get_info
        # Whoever is called from C must not be collected while C knows it.
        self._module = _Module(
            name=_Text.of("ivr-stray-acks"), id=-1, priority=_BEFORE_PJSUA, on_rx_request=_OnMessage(self._takes)
        )
        status = library.pjsip_endpt_register_module(library.pjsua_get_pjsip_endpt(), ctypes.byref(self._module))
        if status:
            raise TelephonyError("start", f"pjsip refused a module of ours ({status})", "Use the pinned pjsua2-python")

    def _takes(self, message: int | None) -> int:
        """True: no module after this one sees the request."""
        stray = bytes(self._info(message)).startswith(b"Request msg ACK/")
        self.dropped += stray
        return stray


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
        ("on_others", ctypes.c_void_p * 4),
    )


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
        library.pjsip_rx_data_get_info.argtypes = [pointer]
        library.pjsip_rx_data_get_info.restype = ctypes.c_char_p
    except (OSError, AttributeError):
        return None
    return library


def _tag(address: str) -> str:
    _, found, rest = address.partition(";tag=")
    return rest.partition(";")[0].strip() if found else ""
