"""Conversations that deserve a hearing beside the monthly eight: where something may have gone wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ivr.sampling.draw import lot
from ivr.sampling.population import Conversation, Flag


@dataclass(frozen=True, slots=True)
class Extra:
    """A conversation and the sign that called for it."""

    conversation: Conversation
    flag: Flag


def draw_extras(
    conversations: Iterable[Conversation], seed: str, *, per_flag: int, passed_over: Collection[tuple[int, str]] = ()
) -> list[Extra]:
    """Up to ``per_flag`` audible conversations of each flag, none twice and none in ``passed_over``.

    Rare signs choose first, so that a conversation with two signs counts for the rarer.
    """
    audible = [one for one in conversations if one.audible and one.key not in passed_over]
    bearing = {flag: [one for one in audible if flag in one.flags] for flag in Flag}
    taken: set[tuple[int, str]] = set()
    extras: list[Extra] = []
    for flag in sorted(Flag, key=lambda flag: (len(bearing[flag]), flag)):
        left = [one for one in bearing[flag] if one.key not in taken]
        chosen = sorted(left, key=lambda one: lot(f"{seed}|{flag}|{one.employee}", one.recording))[:per_flag]
        taken |= {one.key for one in chosen}
        extras += [Extra(one, flag) for one in chosen]
    return extras
