"""What is different between two plans, in words that staff can read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ivr.dialog.nodes import Plan

Change = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference; ``where`` is a path with dots, ``before`` and ``after`` are None where there was nothing."""

    what: Change
    where: str
    before: object | None = None
    after: object | None = None

    def __str__(self) -> str:
        if self.what == "changed":
            return f"changed  {self.where}: {_told(self.before)} → {_told(self.after)}"
        value = self.after if self.what == "added" else self.before
        return f"{self.what:<8} {self.where}" + (f": {_told(value)}" if not isinstance(value, dict) else "")


def compare(before: Plan, after: Plan) -> tuple[Difference, ...]:
    """All differences, in the order of the plan's parts; the order of phrases does not count.

    Options of a choice are compared by their intent, so that one that moves is not told as changed.
    """
    return tuple(_differences(_plain(before), _plain(after), ""))


def _plain(plan: Plan) -> dict[str, Any]:
    data = plan.model_dump(mode="json", by_alias=True)
    for node in data["nodes"].values():
        if "options" in node:
            node["options"] = {option["intent"]: option for option in node["options"]}
    return data


def _differences(before: Any, after: Any, where: str) -> Iterator[Difference]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            path = f"{where}.{key}" if where else str(key)
            if key not in after:
                yield Difference("removed", path, before=before[key])
            elif key not in before:
                yield Difference("added", path, after=after[key])
            else:
                yield from _differences(before[key], after[key], path)
    elif isinstance(before, list) and isinstance(after, list) and where.endswith(("phrases", "keys")):
        yield from (Difference("removed", where, before=said) for said in before if said not in after)
        yield from (Difference("added", where, after=said) for said in after if said not in before)
    else:
        yield Difference("changed", where, before, after)


def _told(value: object) -> str:
    if value is None:
        return "nothing"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
