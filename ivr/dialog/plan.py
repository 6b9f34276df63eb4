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
from collections.abc import Collection, Container, Iterable, Mapping

from pydantic import ValidationError

from ivr.dialog.marked_yaml import Marked, Path, YamlFault, parse
from ivr.dialog.nodes import (
    ChoiceNode,
    Command,
    GoodbyeNode,
    Option,
    Part,
    Plan,
    Reference,
    ToNode,
    ToPhrase,
    ToPrompt,
    ToTopic,
    references,
)
from ivr.errors import PlanError

__all__ = ["Plan", "load_plan", "phrases", "prompts_used"]

REQUIRED_COMMANDS = ("repeat", "person", "goodbye")


def load_plan(
    text: str,
    file: str,
    *,
    prompts: Collection[str] | None = None,
    lexicon: Container[str] | None = None,
    topics: Collection[str] | None = None,
) -> Plan:
    """Parse and check a plan. ``file`` is for messages only.

    ``prompts``: ids that have a text; ``lexicon``: words that the recogniser
    knows; ``topics``: ids of ``topics.yaml``. Without them those checks are left out.

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
    faults = list(_faults(plan, prompts, lexicon, topics))
    if faults:
        path, problem, remedy = min(faults, key=lambda fault: marked.line(fault[0]))
        raise PlanError(file, marked.line(path), problem, remedy)
    return plan


def prompts_used(plan: Plan) -> frozenset[str]:
    """Ids of all prompts that the plan can say."""
    return frozenset(ref.name for ref in references(plan) if isinstance(ref.kind, ToPrompt))


def phrases(plan: Plan) -> frozenset[str]:
    """All phrases that the plan can listen for."""
    return frozenset(ref.name for ref in references(plan) if isinstance(ref.kind, ToPhrase))


Fault = tuple[Path, str, str]


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


def _faults(
    plan: Plan, prompts: Collection[str] | None, lexicon: Container[str] | None, topics: Collection[str] | None
) -> Iterable[Fault]:
    refs = list(references(plan))
    yield from _unknown_nodes(plan, refs)
    yield from _missing_commands(plan)
    yield from _ambiguous(plan)
    yield from _wordings(plan)
    if prompts is not None:
        yield from _unknown_prompts(refs, prompts)
    if topics is not None:
        yield from _unknown_topics(refs, topics)
    if lexicon is not None:
        yield from _unknown_words(refs, lexicon)
    if all(ref.name in plan.nodes for ref in refs if isinstance(ref.kind, ToNode)):
        yield from _lost_ways(plan, refs)


def _closest(name: str, names: Collection[str], remedy: str) -> str:
    close = difflib.get_close_matches(name, list(names), 1)
    return f"Did you mean {close[0]!r}?" if close else remedy


def _unknown_nodes(plan: Plan, refs: Iterable[Reference]) -> Iterable[Fault]:
    for ref in refs:
        if isinstance(ref.kind, ToNode) and ref.name not in plan.nodes:
            yield (
                ref.path,
                f"there is no node called {ref.name!r}",
                _closest(ref.name, plan.nodes, "Add the node, or name one that exists"),
            )


def _unknown_prompts(refs: Iterable[Reference], prompts: Collection[str]) -> Iterable[Fault]:
    for ref in refs:
        if isinstance(ref.kind, ToPrompt) and ref.name not in prompts:
            yield (
                ref.path,
                f"the prompt {ref.name!r} has no text",
                _closest(ref.name, prompts, "Add its text to the prompts folder"),
            )


def _unknown_topics(refs: Iterable[Reference], topics: Collection[str]) -> Iterable[Fault]:
    for ref in refs:
        if isinstance(ref.kind, ToTopic) and ref.name not in topics:
            remedy = _closest(ref.name, topics, "Add it to topics.yaml beside the plan")
            yield ref.path, f"there is no topic {ref.name!r}", remedy


def _unknown_words(refs: Iterable[Reference], lexicon: Container[str]) -> Iterable[Fault]:
    for ref in refs:
        if isinstance(ref.kind, ToPhrase):
            missing = [word for word in ref.name.split() if word not in lexicon]
            if missing:
                yield (
                    ref.path,
                    f"the recogniser does not know the word {missing[0]!r}",
                    "Reword the phrase or rebuild the model with this word",
                )


def _missing_commands(plan: Plan) -> Iterable[Fault]:
    for name in REQUIRED_COMMANDS:
        if name not in plan.commands:
            yield ("commands",), f"the command {name!r} is missing", "Callers must have it in every state: add it"
    for name, command in plan.commands.items():
        if name != "repeat" and command.goto is None:
            yield ("commands", name), f"the command {name!r} leads nowhere", "Add goto with the name of a node"
    person = plan.commands.get("person")
    if person is not None and "0" not in person.keys:
        yield ("commands", "person"), "zero on the keypad does not reach a person", 'Add "0" to its keys'


def _ambiguous(plan: Plan) -> Iterable[Fault]:
    """A phrase or key that means two things in one state."""
    general: dict[str, str] = {}
    for name, command in plan.commands.items():
        yield from _twice(command, ("commands", name), name, general)
    for name, node in plan.nodes.items():
        if isinstance(node, ChoiceNode):
            meanings = dict(general)
            for index, option in enumerate(node.options):
                yield from _twice(option, ("nodes", name, "options", index), option.intent, meanings)


def _twice(part: Command | Option, path: Path, meaning: str, meanings: dict[str, str]) -> Iterable[Fault]:
    for field in ("phrases", "keys"):
        for index, said in enumerate(getattr(part, field)):
            if said in meanings:
                what = "key" if field == "keys" else "phrase"
                yield (
                    (*path, field, index),
                    f"the {what} {said!r} already means {meanings[said]!r} here",
                    "Remove it from one of the two",
                )
            meanings[said] = meaning


def _wordings(plan: Plan) -> Iterable[Fault]:
    """The three wordings after a failure differ, so that nobody hears the same sentence again."""
    parts: list[tuple[Path, Part]] = [((), plan)]
    parts += [(("nodes", name), node) for name, node in plan.nodes.items()]
    for path, part in parts:
        for field in ("no_input", "no_match"):
            wordings = getattr(part, field, None)
            if wordings is not None and len(set(wordings)) < 3:
                yield (*path, field), "the three wordings are not different", "Write three different prompts"


def _lost_ways(plan: Plan, refs: Iterable[Reference]) -> Iterable[Fault]:
    ways: dict[str, set[str]] = {name: set() for name in plan.nodes}
    automatic: dict[str, dict[str, Path]] = {name: {} for name in plan.nodes}
    roots = {plan.start}
    for ref in refs:
        if not isinstance(ref.kind, ToNode):
            continue
        if ref.path[0] != "nodes":
            roots.add(ref.name)
            continue
        origin = str(ref.path[1])
        ways[origin].add(ref.name)
        if ref.kind.automatic:
            automatic[origin].setdefault(ref.name, ref.path)
    for name, node in plan.nodes.items():
        if isinstance(node, ChoiceNode) and node.unclear_means is not None:
            taken = next(option for option in node.options if option.intent == node.unclear_means)
            automatic[name].setdefault(taken.goto, ("nodes", name, "unclear_means"))
    reached = _closure(roots, ways)
    backwards: dict[str, set[str]] = {name: set() for name in plan.nodes}
    for origin, targets in ways.items():
        for target in targets:
            backwards[target].add(origin)
    ends = {name for name, node in plan.nodes.items() if isinstance(node, GoodbyeNode)}
    saved = _closure(ends, backwards)
    for name in plan.nodes:
        if name not in reached:
            yield ("nodes", name), f"nothing leads to the node {name!r}", "Lead to it from another node, or remove it"
        elif name not in saved:
            yield (
                ("nodes", name),
                f"from the node {name!r} no goodbye can be reached",
                "Give it a way on to a node of the kind goodbye",
            )
    yield from _endless(plan, automatic)


def _closure(roots: Iterable[str], ways: Mapping[str, Collection[str]]) -> set[str]:
    found = set(roots)
    waiting = list(found)
    while waiting:
        for target in ways[waiting.pop()]:
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found


def _endless(plan: Plan, automatic: Mapping[str, Mapping[str, Path]]) -> Iterable[Fault]:
    """Circles that a caller who stays silent would go round for ever."""
    for name in plan.nodes:
        for target, path in automatic[name].items():
            if name in _closure({target}, automatic):
                yield (
                    path,
                    f"the way from {name!r} to {target!r} leads back to {name!r} without the caller's wish",
                    "Let a silent caller end at a person, a message or the goodbye",
                )
