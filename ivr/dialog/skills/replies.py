"""Yes and no as options, wherever something is confirmed: the plan's ``agree`` and ``refuse``."""

from __future__ import annotations

from typing import Final

from ivr.dialog.commands import Option, Reply
from ivr.dialog.nodes import Plan

AGREE: Final = "agree"
REFUSE: Final = "refuse"
NOWHERE: Final = ""  # these options lead nowhere by themselves: the skill that asked decides


def replies(plan: Plan) -> tuple[dict[str, Option], dict[str, Option | None]]:
    """Phrase → option and key → option; both empty where the plan has no such replies (the checker refuses that)."""
    phrases: dict[str, Option] = {}
    keys: dict[str, Option | None] = {}
    for intent, reply in ((AGREE, plan.agree), (REFUSE, plan.refuse)):
        if reply is not None:
            option = _option(intent, reply)
            phrases.update(dict.fromkeys(reply.phrases, option))
            keys.update(dict.fromkeys(reply.keys, option))
    return phrases, keys


def is_no(phrase: str, plan: Plan) -> bool:
    """The phrase says no: it has the word „ne“ (as „ne visai“ has), or refuses wherever something is confirmed."""
    return "ne" in phrase.split() or (plan.refuse is not None and phrase in plan.refuse.phrases)


def _option(intent: str, reply: Reply) -> Option:
    return Option(intent=intent, phrases=reply.phrases, keys=reply.keys, goto=NOWHERE)
