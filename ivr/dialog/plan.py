"""Loads a dial plan and refuses it when a call could get lost in it.

What is refused, each with file, line and remedy (:class:`~ivr.errors.PlanError`):
text that is no YAML, a key given twice, an unknown key, a value of a wrong
type, a node that does not exist or that nothing leads to, a node from which no
goodbye is reached, a way that leads back to itself without the caller's wish
(callers would hear it for ever), a phrase or key that means two things, and,
when the sets are given, a prompt without text or a word that the recogniser
does not know.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Container

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ivr.dialog.checks import faults_of
from ivr.dialog.marked_yaml import Marked, read_as
from ivr.dialog.nodes import Plan
from ivr.dialog.parts import ToPhrase, ToPrompt, references
from ivr.dialog.ports import Grammars
from ivr.errors import PlanError

__all__ = ["Plan", "load_plan", "phrases", "prompts_used"]


def load_plan(
    text: str,
    file: str,
    *,
    prompts: Collection[str] | None = None,
    lexicon: Container[str] | None = None,
    topics: Collection[str] | None = None,
    grammars: Grammars | None = None,
) -> Plan:
    """Parse and check a plan. ``file`` is for messages only.

    ``prompts``: ids that have a text; ``lexicon``: words that the recogniser
    knows; ``topics``: ids of ``topics.yaml``; ``grammars``: of values, by name. Without them
    those checks are left out.

    Raises:
        PlanError: the plan is refused; the fault with the lowest line is named.
    """
    plan, marked = read_as(Plan, text, file, PlanError, refused)
    faults = list(faults_of(plan, prompts, lexicon, topics, grammars))
    if faults:
        path, problem, remedy = min(faults, key=lambda fault: marked.line(fault[0]))
        raise PlanError(file, marked.line(path), problem, remedy)
    return plan


def prompts_used(plan: Plan) -> frozenset[str]:
    """Ids of all prompts that the plan can say."""
    ids = (ref.name for ref in references(plan) if isinstance(ref.kind, ToPrompt))
    return frozenset(name for name in ids if not name.startswith("$"))


def phrases(plan: Plan) -> frozenset[str]:
    """All phrases that the plan can listen for."""
    return frozenset(ref.name for ref in references(plan) if isinstance(ref.kind, ToPhrase))


def refused(file: str, marked: Marked, error: ValidationError) -> PlanError:
    """The fault of a model on its lowest line, in plain words and with a remedy."""
    faults = error.errors()
    unknown = [fault for fault in faults if fault["type"] == "extra_forbidden"]
    if unknown:  # a slip in a name explains what is missing
        fault = min(unknown, key=lambda fault: marked.line(fault["loc"]))
        name = str(fault["loc"][-1])
        beside = [other["loc"] for other in faults if other["type"] == "missing"]
        missing = [str(path[-1]) for path in beside if path[:-1] == fault["loc"][:-1]]
        close = difflib.get_close_matches(name, missing, 1) or missing
        remedy = f"Did you mean {close[0]!r}?" if close else "Remove it or correct its spelling"
        return PlanError(file, marked.line(fault["loc"]), f"{_where(fault)} is not known here", remedy)
    fault = marked.first(error)
    line, where = marked.line(fault["loc"]), _where(fault)
    if fault["type"] == "missing":
        return PlanError(file, line, f"{where} is missing", "Add it")
    context, given = fault.get("ctx", {}), fault["input"]
    if fault["type"] == "union_tag_invalid":
        problem = f"{where}: there is no kind of node called {context.get('tag')!r}"
        return PlanError(
            file, line, problem, f"Use one of: {str(context.get('expected_tags', '')).replace(chr(39), '')}"
        )
    if fault["type"] == "union_tag_not_found":
        return PlanError(file, line, f"{where}: type is missing", "Say what kind of node it is, as in type: say")
    problem = fault["msg"].removeprefix("Value error, ")
    shown = "" if isinstance(given, dict) else f" (it is {given!r})"
    return PlanError(file, line, f"{where}: {problem[:1].lower()}{problem[1:]}{shown}"[:300], _remedy(fault))


def _where(fault: ErrorDetails) -> str:
    return ".".join(str(part) for part in fault["loc"])


def _remedy(fault: ErrorDetails) -> str:
    words = any(part in ("phrases", "over", "signs", "backchannels", "unsaid") for part in fault["loc"])
    match fault["type"]:
        case "tuple_type" if isinstance(fault["input"], str):
            return f"Write it as a list: [{fault['input']}]"
        case "too_short":
            return "Add to the list what is missing"
        case "too_long":
            return "Take out of the list what is too much"
        case "string_pattern_mismatch" if words:
            return "Write words in small letters, without punctuation"
        case "string_type":
            return "Write one word or text, not a list or number"
        case _:
            return "Correct the value; docs/dialplan.md lists what each may be"
