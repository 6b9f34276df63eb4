"""A picture of a plan as SVG: a card for each node, told in the words of the people who edit it.

Every card stands once, to the right of the one that leads to it first, and lists its own ways: what is said or
true, and where that leads. Only the way by which a card was come to first is also drawn as a line; the others are
links. So no line crosses another or a card, however large the plan grows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

from ivr.dialog.commands import Option
from ivr.dialog.nodes import Asking, BranchNode, ChoiceNode, GateNode, GateOption, MessageNode, Plan
from ivr.dialog.parts import ToPrompt, references
from ivr.dialog.picture_words import ANYTHING_ELSE, COMMANDS, CONDITIONS, DOES, KINDS, VERSION, WAYS
from ivr.dialog.ways import Way, all_ways

_WIDTH: Final = 300
_GAP: Final = (70, 14)  # between columns, between cards
_MARGIN: Final = 24
_HEAD: Final = 40
_ROW: Final = 16
_LETTER: Final = 6.1  # width of a letter of the rows, roughly; wider than most
_SAID_ROWS: Final = 2
_ENTRY: Final = 14  # where a line reaches its card, from the top
_COLOURS: Final[Mapping[str, str]] = {
    "say": "#e8eef7", "notice": "#fdebd0", "choice": "#d5e8d4", "gate": "#b6d7a8", "answer": "#fff2cc",
    "branch": "#eeeeee", "transfer": "#f8cecc", "message": "#e1d5e7", "task": "#dae8fc", "goodbye": "#cccccc",
    "slot": "#d0ece7", "question": "#fcf3cf", "tell": "#fcf3cf", "send": "#dae8fc", "directory": "#d6eaf8",
    "callback": "#d4e6f1", "authenticate": "#fadbd8", "personal": "#ebdef0", "conflict": "#f5b7b1",
}  # fmt: skip


@dataclass(slots=True)
class _Row:
    """One way out: ``child`` where the line to it is drawn."""

    way: Way
    text: str
    child: _Card | None = None


@dataclass(slots=True)
class _Card:
    name: str
    kind: str
    said: list[str]
    rows: list[_Row]
    x: int = 0
    y: int = 0

    @property
    def height(self) -> int:
        return _HEAD + _ROW * (len(self.said) + len(self.rows)) + 6

    def row_y(self, number: int) -> int:
        """Middle of a row."""
        return self.y + _HEAD + _ROW * (len(self.said) + number) + 5


def picture(plan: Plan, texts: Mapping[str, str] | None = None) -> str:
    """The plan as one SVG document. ``texts``: prompts by id, whose beginnings the cards show."""
    cards = _cards(plan, texts or {})
    trees = _grow(plan, cards)
    commands = list(_commands(plan))
    y = _MARGIN + 60 + _ROW * len(commands)
    for tree in trees:
        y += _place(tree, 0, y) + _GAP[1]
    width = 2 * _MARGIN + max(card.x for card in cards.values()) + _WIDTH
    title = f"{plan.plan}, {VERSION} {plan.version}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y + _MARGIN}" width="{width}" '
        f'height="{y + _MARGIN}" role="img" font-family="sans-serif" font-size="11">',
        f"<title>{escape(title)}</title>",
        f"<desc>{len(plan.nodes)} nodes, {len(list(all_ways(plan)))} ways</desc>",
        f'<rect width="{width}" height="{y + _MARGIN}" fill="white"/>',
        f'<text x="{_MARGIN}" y="{_MARGIN}" font-size="18">{escape(title)}</text>',
        f'<text x="{_MARGIN}" y="{_MARGIN + 24}" font-size="13" font-weight="bold">{COMMANDS}</text>',
        *(
            f'<text x="{_MARGIN}" y="{_MARGIN + 42 + _ROW * row}">{escape(text)}</text>'
            for row, text in enumerate(commands)
        ),
    ]
    for card in cards.values():
        lines += _lines_from(card)
    for card in cards.values():
        lines += _drawn(card, start=card.name == plan.start)
    return "\n".join([*lines, "</svg>", ""])


# -------------------------------------------------------------- cards


def _cards(plan: Plan, texts: Mapping[str, str]) -> dict[str, _Card]:
    ways: dict[str, list[Way]] = {name: [] for name in plan.nodes}
    for way in all_ways(plan):
        ways[way.origin].append(way)
    return {
        name: _Card(
            name,
            node.type,
            _said(next((texts[p] for p in _prompts(plan, name) if p in texts), "")),
            [_Row(way, _told(plan, way)) for way in ways[name]],
        )
        for name, node in plan.nodes.items()
    }


def _prompts(plan: Plan, name: str) -> Iterator[str]:
    node = plan.nodes[name]
    asked = node.ask if isinstance(node, Asking | MessageNode) else ()
    return iter((*asked, *(ref.name for ref in references(node) if isinstance(ref.kind, ToPrompt))))


def _said(text: str) -> list[str]:
    """What the line says here, in at most two rows."""
    rows: list[str] = []
    for word in f"„{text}“".split() if text else ():
        if rows and len(rows[-1]) + 1 + len(word) <= _fits(_WIDTH - 16):
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    if len(rows) > _SAID_ROWS:
        rows = [*rows[: _SAID_ROWS - 1], rows[_SAID_ROWS - 1][: _fits(_WIDTH - 16) - 3] + " …“"]
    return rows


def _told(plan: Plan, way: Way) -> str:
    """A way in the words of whoever goes it: keys and first phrase of an option, a condition, a field."""
    node = plan.nodes[way.origin]
    index = next((part for part in way.path if isinstance(part, int)), None)
    if isinstance(node, ChoiceNode | GateNode) and index is not None:
        option = node.options[index]
        words = _known_by(option)
        key = f"{', '.join(option.keys)} · " if option.keys and way.path[-1] == "goto" else ""
        return key + (words if way.path[-1] == "goto" else f"{words}, {WAYS[str(way.path[-1])]}")
    if isinstance(node, BranchNode) and index is not None:
        return CONDITIONS.get(node.when[index].condition, node.when[index].condition)
    return WAYS.get(way.label, way.label)


def _known_by(option: Option) -> str:
    if option.phrases:
        return option.phrases[0]
    if isinstance(option, GateOption):
        return f"{option.signs[0]}…" if option.signs else ANYTHING_ELSE
    return option.intent


def _commands(plan: Plan) -> Iterator[str]:
    for command in plan.commands.values():
        said = ", ".join([*command.keys, *command.phrases][:6])
        more = " …" if len(command.keys) + len(command.phrases) > 6 else ""
        yield f"{said}{more}  →  {command.goto or DOES.get(command.does or 'repeat', '')}"


# -------------------------------------------------------------- places


def _grow(plan: Plan, cards: Mapping[str, _Card]) -> list[_Card]:
    """Hang every card on the one that leads to it by the fewest steps; what only commands reach begins a tree."""
    commanded = [command.goto for command in plan.commands.values() if command.goto is not None]
    met: set[str] = set()
    trees: list[_Card] = []
    for root in [plan.start, *commanded, *cards]:
        if root in met:
            continue
        met.add(root)
        trees.append(cards[root])
        waiting = [cards[root]]
        while waiting:
            card = waiting.pop(0)
            for row in card.rows:
                if row.way.target not in met:
                    met.add(row.way.target)
                    row.child = cards[row.way.target]
                    waiting.append(row.child)
    return trees


def _place(card: _Card, depth: int, y: int) -> int:
    """Give the card and all that hang on it their places; returns the height that they take."""
    card.x, card.y = _MARGIN + depth * (_WIDTH + _GAP[0]), y
    free = y
    for number, row in enumerate(card.rows):
        if row.child is not None:
            at = max(free, card.row_y(number) - _ENTRY)  # never above its row, so all lines lead down
            free = at + _place(row.child, depth + 1, at) + _GAP[1]
    return max(card.height, free - _GAP[1] - y)


# -------------------------------------------------------------- strokes


def _lines_from(card: _Card) -> Iterator[str]:
    """Lines leave in the order of the rows and bend one beside the other, so none crosses another."""
    drawn = [(number, row) for number, row in enumerate(card.rows) if row.child is not None]
    for place, (number, row) in enumerate(drawn):
        if row.child is None:
            continue
        x0, y0, x1, y1 = card.x + _WIDTH, card.row_y(number), row.child.x, row.child.y + _ENTRY
        # The further down a line goes, the nearer to its card it turns: it passes under those that end above it.
        bend = x0 + 8 + (_GAP[0] - 18) * (len(drawn) - place) // (len(drawn) + 1)
        colour = "#999999" if row.way.automatic else "#2f6db5"
        yield (
            f'<path d="M{x0},{y0} H{bend} V{y1} H{x1}" fill="none" stroke="{colour}"/>'
            f'<path d="M{x1 - 6},{y1 - 4} L{x1},{y1} L{x1 - 6},{y1 + 4} z" fill="{colour}"/>'
        )


def _drawn(card: _Card, *, start: bool) -> Iterator[str]:
    yield (
        f'<g id="{escape(card.name)}"><title>{escape(card.name)}: {card.kind}</title>'
        f'<rect class="card" x="{card.x}" y="{card.y}" width="{_WIDTH}" height="{card.height}" rx="6" '
        f'fill="{_COLOURS.get(card.kind, "white")}" stroke="#444" stroke-width="{2.5 if start else 1}"/>'
        f'<text x="{card.x + 8}" y="{card.y + 17}" font-size="13" font-weight="bold">{escape(card.name)}</text>'
        f'<text x="{card.x + 8}" y="{card.y + 32}" fill="#444">{escape(KINDS.get(card.kind, card.kind))}</text>'
    )
    for number, said in enumerate(card.said):
        y = card.y + _HEAD + _ROW * number + 9
        yield f'<text x="{card.x + 8}" y="{y}" font-style="italic" fill="#333">{escape(said)}</text>'
    for number, row in enumerate(card.rows):
        y = card.row_y(number) + 4
        way = row.way
        target = f"→ {way.target}"
        room = _WIDTH - 20 - round(len(target) * _LETTER)
        colour = "#555" if way.automatic else "#1f4f8a"
        yield f"<g><title>{escape(way.origin)} → {escape(way.target)}: {escape(way.label)}</title>"
        yield f'<text x="{card.x + 8}" y="{y}" fill="{colour}">{escape(_cut(row.text, room))}</text>'
        yield f'<a href="#{escape(way.target)}">{_right(card.x + _WIDTH - 8, y, target)}</a></g>'
    yield "</g>"


def _right(x: int, y: int, text: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="end" fill="#1f4f8a">{escape(text)}</text>'


def _fits(width: int) -> int:
    return int(width / _LETTER)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= _fits(width) else text[: _fits(width) - 1] + "…"
