"""The plan as a graph: where each node leads, with and without the caller's wish."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ivr.dialog.marked_yaml import Path
from ivr.dialog.nodes import BranchNode, ChoiceNode, GateNode, Plan
from ivr.dialog.parts import ToNode, references


@dataclass(frozen=True, slots=True)
class Way:
    """One way out of a node: ``label`` is the option's intent or the field's name; ``path`` its place in the file."""

    origin: str
    target: str
    label: str
    automatic: bool
    path: Path


def all_ways(plan: Plan) -> Iterator[Way]:
    """Every way from node to node, in the plan's order; commands are not among them."""
    for name, node in plan.nodes.items():
        for ref in references(node, ("nodes", name)):
            if isinstance(ref.kind, ToNode):
                yield Way(name, ref.name, _label(node, ref.path), ref.kind.automatic, ref.path)
        if isinstance(node, ChoiceNode) and node.unclear_means is not None:
            meant = next(option for option in node.options if option.intent == node.unclear_means)
            yield Way(name, meant.goto, "unclear_means", True, ("nodes", name, "unclear_means"))


def _label(node: object, path: Path) -> str:
    index = next((part for part in path if isinstance(part, int)), None)
    if isinstance(node, ChoiceNode | GateNode) and index is not None:
        return node.options[index].intent
    if isinstance(node, BranchNode) and index is not None:
        return node.when[index].condition
    return str(path[-1])


def ways_of(plan: Plan) -> dict[str, set[str]]:
    """Node → nodes that it leads to in any way."""
    found: dict[str, set[str]] = {name: set() for name in plan.nodes}
    for way in all_ways(plan):
        found[way.origin].add(way.target)
    return found


def automatic_ways(plan: Plan) -> dict[str, dict[str, Path]]:
    """Node → node that it leads to without the caller's wish → place in the file."""
    found: dict[str, dict[str, Path]] = {name: {} for name in plan.nodes}
    for way in all_ways(plan):
        if way.automatic:
            found[way.origin].setdefault(way.target, way.path)
    return found


def closure(roots: Iterable[str], ways: Mapping[str, Collection[str]]) -> set[str]:
    """All nodes that can be reached from ``roots``, these included."""
    found = set(roots)
    waiting = list(found)
    while waiting:
        for target in ways[waiting.pop()]:
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found
