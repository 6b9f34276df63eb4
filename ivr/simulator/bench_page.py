"""From what benches print as JSON to a page: tables of every figure, and charts of letters. Pure.

The page keeps its own words; between two marks stands what was measured, and only that is written anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

BEGIN: Final = "<!-- figures: written by `ivr bench all` -->"
END: Final = "<!-- end of figures -->"
_SPREAD: Final = ("p50", "p95", "p99", "max")
_BAR: Final = 40  # letters of the longest bar


@dataclass(frozen=True, slots=True)
class Measured:
    """One bench: the command a person would type, when and on what it ran, and what it printed."""

    command: str
    at: str
    machine: str
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of some figures of one bench: ``paths`` by the bar's name, each ``key.key`` into the result."""

    title: str
    unit: str
    paths: Mapping[str, str]


def figures_of(result: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every number of a result, and every spread of numbers whole, with its path; words and lists are left out."""
    for key, value in result.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            if "p50" in value:
                if any(value.get(name) is not None for name in _SPREAD):
                    yield path, value
            else:
                yield from figures_of(value, f"{path}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield path, value


def at(result: Mapping[str, Any], path: str) -> float | None:
    """The number at a path; None where there is none."""
    found: Any = result
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def bars(title: str, rows: Sequence[tuple[str, float]], unit: str) -> list[str]:
    """A chart of letters, in a block of its own; nothing where there is nothing to draw."""
    if not rows or (most := max(value for _, value in rows)) <= 0:
        return []
    wide = max(len(name) for name, _ in rows)
    drawn = [
        f"{name:<{wide}}  {'█' * round(_BAR * value / most) or '▏'} {value:g} {unit}".rstrip() for name, value in rows
    ]
    return ["```text", title, *drawn, "```", ""]


def section(name: str, measured: Measured, charts: Sequence[Chart]) -> list[str]:
    """One bench's part of the page, line by line."""
    spreads: list[tuple[str, Any]] = []
    plain: list[tuple[str, Any]] = []
    for path, value in figures_of(measured.result):
        (spreads if isinstance(value, Mapping) else plain).append((path, value))
    lines = [f"### {name}", "", f"`{measured.command}`, {measured.at}, {measured.machine}", ""]
    for chart in charts:
        found = [(label, at(measured.result, path)) for label, path in chart.paths.items()]
        lines += bars(chart.title, [(label, value) for label, value in found if value is not None], chart.unit)
    if spreads:
        lines += ["| | p50 | p95 | p99 | most |", "| --- | --- | --- | --- | --- |"]
        for path, value in spreads:
            lines.append(f"| {path} | " + " | ".join(_cell(value.get(key)) for key in _SPREAD) + " |")
        lines.append("")
    if plain:
        lines += ["| | |", "| --- | --- |", *(f"| {path} | {_cell(value)} |" for path, value in plain), ""]
    return lines


def written(page: str, sections: Sequence[Sequence[str]]) -> str:
    """The page with these sections between its marks; with none yet, they are put at its end.

    Raises:
        ValueError: the page has one mark without the other.
    """
    block = "\n".join([BEGIN, "", *(line for one in sections for line in one), END])
    if (BEGIN in page) != (END in page):
        raise ValueError(f"the page must hold both marks or none: {BEGIN} and {END}")
    if BEGIN not in page:
        return f"{page.rstrip()}\n\n{block}\n"
    before, _, rest = page.partition(BEGIN)
    return before + block + rest.partition(END)[2]


def _cell(value: object) -> str:
    return "–" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
