"""What travels between a line node and its office over MQTT, and how it is sealed.

A node sends a :class:`Batch` of its journal, the office answers with a :class:`Receipt`. Both are JSON under
AES-256-GCM with the key that the two share (:mod:`ivr.delivery.nodes`): one byte for the version, twelve for the nonce,
the sealed text. So the broker sees no personal data, and nobody who may only publish there can pass for a node.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ivr.errors import NodeRefused
from ivr.store.arrivals import Standing
from ivr.store.journal import is_call_id
from ivr.store.schema import Alarm, JournalEvent
from ivr.store.spill import from_line, to_line

LONGEST: Final = 4 * 1024 * 1024
"""Bytes of a parcel that is still opened; a batch is far shorter unless one event alone is long."""
_VERSION: Final = 1
_NONCE: Final = 12
_REMEDY: Final = "Nothing is lost: the node keeps it. Install the same version on both machines"
_LOOK: Final = "No line makes such a name: see who has the node's token, and admit it anew"


def outbox_topic(node: str) -> str:
    """Where a node publishes its batches."""
    return f"ivr/v1/{node}/outbox"


def receipt_topic(node: str) -> str:
    """Where its office answers, retained."""
    return f"ivr/v1/{node}/receipt"


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of a node's journal: what lies behind ``after`` up to ``until``. Without any it asks for a receipt."""

    after: Standing
    until: Standing
    events: tuple[JournalEvent, ...] = ()
    alarms: tuple[Alarm, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """How far the office has stored the node's journal; where the node goes on.

    ``erase``: calls whose personal data the node must forget as well. ``refused``: why the last batch was not taken.
    """

    standing: Standing
    erase: tuple[str, ...] = ()
    refused: str = ""


def sealed_batch(key: bytes, node: str, batch: Batch) -> bytes:
    """A batch as it is published."""
    head = {"after": _fields(batch.after), "until": _fields(batch.until)}
    lines = [json.dumps(head), *map(to_line, batch.events), *map(to_line, batch.alarms)]
    return _seal(key, outbox_topic(node), "\n".join(lines))


def sealed_receipt(key: bytes, node: str, receipt: Receipt) -> bytes:
    """A receipt as it is published."""
    body = {"standing": _fields(receipt.standing), "erase": receipt.erase, "refused": receipt.refused}
    return _seal(key, receipt_topic(node), json.dumps(body, ensure_ascii=False))


def opened_batch(key: bytes, node: str, payload: bytes) -> Batch:
    """The inverse of :func:`sealed_batch`.

    Raises:
        NodeRefused: too long, of another version, not sealed by this node, no batch, or with names that are none.
    """
    head, *lines = _open(key, node, outbox_topic(node), payload).split("\n")
    try:
        fields = json.loads(head)
        records = [from_line(line) for line in lines]
        batch = Batch(
            _standing(fields["after"]),
            _standing(fields["until"]),
            tuple(one for one in records if isinstance(one, JournalEvent)),
            tuple(one for one in records if isinstance(one, Alarm)),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise NodeRefused(node, f"sends what is no batch ({type(error).__name__})", _REMEDY) from error
    for event in batch.events:
        _check_names(node, event)
    return batch


def opened_receipt(key: bytes, node: str, payload: bytes) -> Receipt:
    """The inverse of :func:`sealed_receipt`. Raises NodeRefused."""
    try:
        fields = json.loads(_open(key, node, receipt_topic(node), payload))
        erase = tuple(str(call) for call in fields["erase"])
        return Receipt(_standing(fields["standing"]), erase, str(fields["refused"]))
    except (ValueError, KeyError, TypeError) as error:
        raise NodeRefused(node, f"got what is no receipt ({type(error).__name__})", _REMEDY) from error


def _check_names(node: str, event: JournalEvent) -> None:
    """Calls and recordings name files here. Raises NodeRefused."""
    if not is_call_id(event.call_id):
        raise NodeRefused(node, f"sends a call whose name can't be one ({event.call_id[:80]!r})", _LOOK)
    file = event.data.get("file") or "-"
    if not isinstance(file, str) or "/" in file or not is_call_id(file.partition(".")[0]):
        raise NodeRefused(node, f"sends a recording whose name can't be one ({str(file)[:80]!r})", _LOOK)


def _seal(key: bytes, topic: str, text: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return bytes([_VERSION]) + nonce + AESGCM(key).encrypt(nonce, text.encode(), topic.encode())


def _open(key: bytes, node: str, topic: str, payload: bytes) -> str:
    if len(payload) > LONGEST:
        raise NodeRefused(node, f"a message of {len(payload)} bytes is longer than {LONGEST}", _REMEDY)
    if payload[:1] != bytes([_VERSION]):
        raise NodeRefused(node, f"a message begins with {payload[:1]!r}, not with version {_VERSION}", _REMEDY)
    nonce, text = payload[1 : 1 + _NONCE], payload[1 + _NONCE :]
    try:
        return AESGCM(key).decrypt(nonce, text, topic.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise NodeRefused(
            node, "a message was not sealed with this node's key", "Give the node its token: ivr nodes admit"
        ) from error


def _fields(standing: Standing) -> dict[str, object]:
    return {"stream": standing.stream, "event": standing.event, "alarm": standing.alarm, "mark": standing.mark}


def _standing(fields: Any) -> Standing:
    stream, mark, event, alarm = (fields[key] for key in ("stream", "mark", "event", "alarm"))
    whole: Sequence[object] = (event, alarm)
    if (
        not isinstance(stream, str)
        or not isinstance(mark, str)
        or any(type(one) is not int or one < 0 for one in whole)
    ):
        raise ValueError("no standing")
    return Standing(stream, event, alarm, mark)
