"""A picture of a plan as SVG: nodes in columns by their distance from the start, ways as curves.

Ways that are taken without the caller's wish are drawn through, chosen ones in colour with the option's intent.
Commands, which lead here from everywhere, are listed below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from ivr.dialog.nodes import Plan
from ivr.dialog.ways import Way, all_ways

_COLUMN: Final = 260
_ROW: Final = 46
_BOX: Final = (190, 32)
_MARGIN: Final = 24
_SWEEPS: Final = 6
_COLOURS: Final[Mapping[str, str]] = {
    "say": "#e8eef7", "notice": "#fdebd0", "choice": "#d5e8d4", "answer": "#fff2cc", "branch": "#eeeeee",
    "gate": "#b6d7a8", "transfer": "#f8cecc", "message": "#e1d5e7", "task": "#dae8fc", "goodbye": "#cccccc",
    "slot": "#d0ece7",
    "question": "#fcf3cf", "directory": "#d6eaf8", "callback": "#d4e6f1", "authenticate": "#fadbd8",
    "personal": "#ebdef0", "conflict": "#f5b7b1",
}  # fmt: skip


def picture(plan: Plan) -> str:
    """The plan as one SVG document."""
    ways = list(all_ways(plan))
    columns = _columns(plan, ways)
    places = {
        name: (_MARGIN + depth * _COLUMN, _MARGIN + 28 + row * _ROW)
        for depth, column in enumerate(columns)
        for row, name in enumerate(column)
    }
    width = 2 * _MARGIN + len(columns) * _COLUMN
    commands = [
        f"{name}: {command.goto or command.does or 'repeat'} ({', '.join([*command.keys, *command.phrases][:4])} …)"
        for name, command in plan.commands.items()
    ]
    height = 2 * _MARGIN + 60 + max(map(len, columns)) * _ROW + 18 * len(commands)
    title = f"plan {plan.plan}, version {plan.version}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f"<desc>{len(plan.nodes)} nodes, {len(ways)} ways</desc>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" fill="context-stroke"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{_MARGIN}" y="{_MARGIN}" font-size="16">{escape(title)}</text>',
        *(_curve(way, places) for way in ways),
        *(_box(name, plan.nodes[name].type, places[name], start=name == plan.start) for name in places),
    ]
    below = height - _MARGIN - 18 * len(commands)
    lines += [f'<text x="{_MARGIN}" y="{below + 18 * row}">{escape(text)}</text>' for row, text in enumerate(commands)]
    return "\n".join([*lines, "</svg>", ""])


def _columns(plan: Plan, ways: Sequence[Way]) -> list[list[str]]:
    """Nodes by distance from the start, ordered so that few ways cross; what only commands reach begins at 1."""
    after: dict[str, list[str]] = {name: [] for name in plan.nodes}
    before: dict[str, list[str]] = {name: [] for name in plan.nodes}
    for way in ways:
        after[way.origin].append(way.target)
        before[way.target].append(way.origin)
    depth = {plan.start: 0}
    roots = [plan.start, *(c.goto for c in plan.commands.values() if c.goto is not None), *plan.nodes]
    for root in roots:
        waiting = [root] if root not in depth else []
        depth.setdefault(root, 1)
        waiting = waiting or ([root] if root == plan.start else [])
        while waiting:
            name = waiting.pop(0)
            for target in after[name]:
                if target not in depth:
                    depth[target] = depth[name] + 1
                    waiting.append(target)
    columns: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for name in plan.nodes:
        columns[depth[name]].append(name)
    columns = [column for column in columns if column]
    for _ in range(_SWEEPS):
        rows = {name: row for column in columns for row, name in enumerate(column)}
        for column in columns[1:]:
            column.sort(key=lambda name: _mean([rows[other] for other in before[name]], rows[name]))
    return columns


def _mean(rows: Sequence[int], own: int) -> float:
    return sum(rows) / len(rows) if rows else float(own)


def _box(name: str, kind: str, place: tuple[int, int], *, start: bool) -> str:
    x, y = place
    width, height = _BOX
    edge = 2.5 if start else 1
    return (
        f'<g><title>{escape(name)}: {kind}</title><rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" '
        f'fill="{_COLOURS.get(kind, "white")}" stroke="#444" stroke-width="{edge}"/>'
        f'<text x="{x + 8}" y="{y + 14}">{escape(name)}</text>'
        f'<text x="{x + 8}" y="{y + 27}" font-size="10" fill="#555">{kind}</text></g>'
    )


def _curve(way: Way, places: Mapping[str, tuple[int, int]]) -> str:
    (x0, y0), (x1, y1) = places[way.origin], places[way.target]
    width, height = _BOX
    x0, y0, y1 = x0 + width, y0 + height // 2, y1 + height // 2
    bend = max(40, abs(x1 - x0) // 2)
    colour = "#999999" if way.automatic else "#2f6db5"
    label = "" if way.automatic else (
        f'<text x="{x0 + 4}" y="{y0 - 3}" font-size="8" fill="{colour}">{escape(way.label)}</text>'
    )  # fmt: skip
    return (
        f"<g><title>{escape(way.origin)} → {escape(way.target)}: {escape(way.label)}</title>"
        f'<path d="M{x0},{y0} C{x0 + bend},{y0} {x1 - bend},{y1} {x1},{y1}" fill="none" stroke="{colour}" '
        f'marker-end="url(#tip)"/>{label}</g>'
    )
