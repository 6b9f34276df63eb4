"""What is wrong with a plan that is well formed: every way in which a caller could get lost.

Each fault has the path of its place in the file, what is wrong, and a remedy.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Container, Iterable, Mapping
from typing import Final

from ivr.dialog.commands import Command, Option, Reply
from ivr.dialog.marked_yaml import Path
from ivr.dialog.nodes import (
    AuthenticateNode,
    CallbackNode,
    ChoiceNode,
    GateNode,
    GoodbyeNode,
    Plan,
    QuestionNode,
    SlotNode,
    TransferNode,
)
from ivr.dialog.parts import SPOKEN, Part, Reference, ToGrammar, ToNode, ToPhrase, ToPrompt, ToTopic, references
from ivr.dialog.ports import Grammars
from ivr.dialog.ways import automatic_ways, closure, ways_of
from ivr.errors import IvrError

REQUIRED_COMMANDS: Final = ("repeat", "person", "goodbye")
Fault = tuple[Path, str, str]


def faults_of(
    plan: Plan,
    prompts: Collection[str] | None,
    lexicon: Container[str] | None,
    topics: Collection[str] | None,
    grammars: Grammars | None,
) -> Iterable[Fault]:
    """All faults; what is not handed in (prompts, lexicon, topics, grammars) is not checked."""
    refs = list(references(plan))
    yield from _unknown_nodes(plan, refs)
    yield from _missing_commands(plan)
    yield from _missing_replies(plan)
    yield from _ambiguous(plan)
    yield from _wordings(plan)
    yield from _not_to_a_gate(plan)
    if prompts is not None:
        yield from _unknown_prompts(refs, prompts)
    if topics is not None:
        yield from _unknown_topics(refs, topics)
    if lexicon is not None:
        yield from _unknown_words(refs, lexicon)
    if grammars is not None:
        yield from _unknown_grammars(refs, grammars, lexicon)
        yield from _named_like_grammars(plan, grammars)
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
    """A prompt of another language is left out in a call when that language is not there at all."""
    languages = {name.partition(":")[0] for name in prompts if ":" in name}
    for ref in refs:
        language, foreign, _ = ref.name.partition(":")
        if foreign and language not in languages:
            continue
        if isinstance(ref.kind, ToPrompt) and ref.name.startswith("$"):
            if ref.name not in SPOKEN:
                remedy = _closest(ref.name, SPOKEN, "Use one of: " + ", ".join(SPOKEN))
                yield ref.path, f"there is no value called {ref.name!r}", remedy
        elif isinstance(ref.kind, ToPrompt) and ref.name not in prompts:
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


def _unknown_grammars(refs: Iterable[Reference], grammars: Grammars, lexicon: Container[str] | None) -> Iterable[Fault]:
    """A grammar that does not exist, or one with words that would make the recogniser refuse it in the call."""
    for ref in refs:
        if not isinstance(ref.kind, ToGrammar):
            continue
        try:
            words = dict.fromkeys(word for phrase in grammars.phrases(ref.name) for word in phrase.split())
        except IvrError as error:
            yield ref.path, f"there is no grammar called {ref.name!r}", str(error).rsplit(". ", 1)[-1]
            continue
        missing = [word for word in words if lexicon is not None and word not in lexicon]
        if missing:
            problem = f"the recogniser does not know {len(missing)} words of the grammar {ref.name!r}"
            yield ref.path, f"{problem}, {missing[0]!r} for one", "Rebuild the model with these words"


def _named_like_grammars(plan: Plan, grammars: Grammars) -> Iterable[Fault]:
    """A node's answers are listened for under its name; the ear would take them for values of the grammar so called."""
    for name in plan.nodes:
        try:
            grammars.phrases(name)
        except IvrError:
            continue
        problem = f"the node {name!r} is called as a grammar of values is, and its answers would be heard as such"
        yield ("nodes", name), problem, f"Give it another name, {f'ask_{name}'!r} for one"


def _missing_commands(plan: Plan) -> Iterable[Fault]:
    for name in REQUIRED_COMMANDS:
        if name not in plan.commands:
            yield ("commands",), f"the command {name!r} is missing", "Callers must have it in every state: add it"
    for name, command in plan.commands.items():
        if name != "repeat" and command.goto is None and command.does is None:
            yield ("commands", name), f"the command {name!r} leads nowhere", "Add goto with the name of a node, or does"
    person = plan.commands.get("person")
    if person is not None and "0" not in person.keys:
        yield ("commands", "person"), "zero on the keypad does not reach a person", 'Add "0" to its keys'


def _missing_replies(plan: Plan) -> Iterable[Fault]:
    """What confirms something needs the words for yes and no."""
    if plan.agree is not None and plan.refuse is not None:
        return
    for name, node in plan.nodes.items():
        confirms = isinstance(node, CallbackNode | AuthenticateNode) or (
            isinstance(node, SlotNode) and bool(node.confirm)
        )
        if confirms or (isinstance(node, ChoiceNode | GateNode) and any(option.confirm for option in node.options)):
            yield ("nodes", name), "it asks for a yes or no that the plan does not know", "Add agree and refuse"
            return


def _ambiguous(plan: Plan) -> Iterable[Fault]:
    """A phrase or key that means two things in one state."""
    general: dict[str, str] = {}
    for name, command in plan.commands.items():
        yield from _twice(command, ("commands", name), name, general)
    for index, said in enumerate(plan.backchannels):
        if said in general:
            yield ("backchannels", index), f"the phrase {said!r} already means {general[said]!r} here", "Remove one"
    replies = dict(general)
    for name, reply in (("agree", plan.agree), ("refuse", plan.refuse)):
        if reply is not None:
            yield from _twice(reply, (name,), name, replies)
    for name, node in plan.nodes.items():
        if isinstance(node, ChoiceNode | GateNode | TransferNode):
            meanings = dict(general)
            for index, option in enumerate(node.options):
                yield from _twice(option, ("nodes", name, "options", index), option.intent, meanings)
        if isinstance(node, GateNode):
            meanings = dict(general)
            yield from _twice(node.first, ("nodes", name, "first"), "first", meanings)
            yield from _twice(node.second, ("nodes", name, "second"), "second", meanings)


def _twice(part: Command | Option | Reply, path: Path, meaning: str, meanings: dict[str, str]) -> Iterable[Fault]:
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


def _not_to_a_gate(plan: Plan) -> Iterable[Fault]:
    """Words that are handed on need somebody who takes them up."""
    handed: list[tuple[Path, str | None]] = [
        (("commands", name, "goto"), command.goto) for name, command in plan.commands.items() if command.rest
    ]
    handed += [
        (("nodes", name, "own_words"), node.own_words)
        for name, node in plan.nodes.items()
        if isinstance(node, ChoiceNode) and node.own_words is not None
    ]
    if plan.own_words is not None and not isinstance(plan.nodes.get(plan.own_words), GateNode):
        problem = f"the caller's own words lead to {plan.own_words!r}, which is no gate"
        yield ("own_words",), problem, "Name a node of the kind gate"
    for path, target in handed:
        if not isinstance(plan.nodes.get(target or ""), GateNode | QuestionNode):
            problem = f"the caller's own words lead to {target!r}, which is no gate and no question"
            yield path, problem, "Name a node of the kind gate or question"


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
    ways = ways_of(plan)
    roots = {plan.start} | {ref.name for ref in refs if isinstance(ref.kind, ToNode) and ref.path[0] != "nodes"}
    reached = closure(roots, ways)
    backwards: dict[str, set[str]] = {name: set() for name in plan.nodes}
    for origin, targets in ways.items():
        for target in targets:
            backwards[target].add(origin)
    ends = {name for name, node in plan.nodes.items() if isinstance(node, GoodbyeNode)}
    saved = closure(ends, backwards)
    for name in plan.nodes:
        if name not in reached:
            yield ("nodes", name), f"nothing leads to the node {name!r}", "Lead to it from another node, or remove it"
        elif name not in saved:
            yield (
                ("nodes", name),
                f"from the node {name!r} no goodbye can be reached",
                "Give it a way on to a node of the kind goodbye",
            )
    yield from _endless(plan, automatic_ways(plan))


def _endless(plan: Plan, automatic: Mapping[str, Mapping[str, Path]]) -> Iterable[Fault]:
    """Circles that a caller who stays silent would go round for ever."""
    for name in plan.nodes:
        for target, path in automatic[name].items():
            if name in closure({target}, automatic):
                yield (
                    path,
                    f"the way from {name!r} to {target!r} leads back to {name!r} without the caller's wish",
                    "Let a silent caller end at a person, a message or the goodbye",
                )
