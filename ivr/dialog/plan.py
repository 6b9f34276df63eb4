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

from collections.abc import Collection, Container

from pydantic import ValidationError

from ivr.dialog.checks import faults_of
from ivr.dialog.marked_yaml import Marked, YamlFault, parse
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
    try:
        marked = parse(text)
    except YamlFault as fault:
        raise PlanError(file, fault.line, fault.problem, fault.remedy) from fault
    try:
        plan = Plan.model_validate(marked.data)
    except ValidationError as error:
        raise refused(file, marked, error) from error
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
    fault = marked.first(error)
    where = ".".join(str(part) for part in fault["loc"])
    line = marked.line(fault["loc"])
    if fault["type"] == "extra_forbidden":
        return PlanError(file, line, f"{where} is not known here", "Remove it or correct its spelling")
    if fault["type"] == "missing":
        return PlanError(file, line, f"{where} is missing", "Add it")
    if fault["type"] == "union_tag_invalid":
        context = fault.get("ctx", {})
        return PlanError(
            file,
            line,
            f"{where}: there is no kind of node called {context.get('tag')!r}",
            f"Use one of: {str(context.get('expected_tags', '')).replace(chr(39), '')}",
        )
    problem = fault["msg"].removeprefix("Value error, ")
    return PlanError(
        file,
        line,
        f"{where}: {problem[:1].lower()}{problem[1:]} (it is {fault['input']!r})"[:300],
        "Correct the value; docs/dialplan.md lists what each may be",
    )
