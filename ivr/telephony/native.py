"""The few functions of pjsip that pjsua2 does not offer, called in the C library itself. SIP thread only.

The extension module of the stock wheel exports them. A build that hides them
works without: it is assumed to have the stock limit of legs, prints a few lines
at start, and keeps the leg of a far end that has vanished for 32 s (RFC 3261
timers) instead of freeing it at once.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pjsua2 as pj

from ivr.telephony.identity import headers_of

STOCK_MAX_LEGS: Final = 4
_REQUEST_TIMEOUT: Final = 408


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


class _Text(ctypes.Structure):
    """pj_str_t."""

    _fields_ = (("ptr", ctypes.c_char_p), ("slen", ctypes.c_ssize_t))

    @classmethod
    def of(cls, text: str) -> _Text:
        data = text.encode()
        return cls(data, len(data))


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
    except (OSError, AttributeError):
        return None
    return library


def _tag(address: str) -> str:
    _, found, rest = address.partition(";tag=")
    return rest.partition(";")[0].strip() if found else ""
