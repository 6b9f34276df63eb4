"""Decoding graphs of a Vosk model: ``HCLr.fst`` with its helpers, and ``Gr.fst`` for listening without a grammar.

The lexicon is a loop of words with optional silence between them and a garbage word
[unk], a loop of phones. ``WORD_COST`` sits at every word's beginning, because Vosk
makes a grammar into a back-off bigram in which any word may repeat; ``Gr.fst`` takes
it back. Determinised and minimised by kaldifst, compiled by OpenFst's programs (Debian's
``libfst-tools`` and ``libfst22-plugins-base``).
"""

from __future__ import annotations

import math
import os
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scripts.train_asr.phones import PHONES, POSITIONED, POSITIONS, kaldi_phone, positioned, pronunciations

GARBAGE: Final = "[unk]"
WORD_COST: Final = 2.0
GARBAGE_PHONE_COST: Final = 0.5  # a phone of garbage is dearer than one of a word, or garbage would win always
TRANSITIONS: Final = 2 * POSITIONED  # phone q: 2q enters, 2q - 1 stays
_PLUGINS: Final = "/usr/lib/x86_64-linux-gnu/fst/22"
_HALF: Final = math.log(2)
_SILENCE, _OPEN, _CLOSE = 1, 2, 3  # disambiguation symbols, after them those of words
_LOOP, _PAUSE, _RETURN, _START = range(4)


@dataclass
class _Lexicon:
    """Arcs (from, to, input, output, cost) of the lexicon's transducer, and the highest disambiguation symbol."""

    arcs: list[tuple[int, int, int, int, float]] = field(default_factory=list)
    states: int = _START + 1
    symbols: int = _CLOSE


def build(
    folder: Path,
    words: Sequence[str],
    bigram: npt.NDArray[np.float32],
    *,
    word_cost: float = WORD_COST,
    garbage_cost: float = 0.0,
    garbage_phone_cost: float = GARBAGE_PHONE_COST,
) -> None:
    """Write ``folder/graph``. ``bigram``: log probabilities of phone after phone, which garbage is scored with."""
    import kaldifst  # not beside vosk in one process: loading both stops the process

    graph, scratch = folder / "graph", folder / "scratch"
    for path in (graph / "phones", scratch):
        path.mkdir(parents=True, exist_ok=True)
    ids = {word: number for number, word in enumerate([*dict.fromkeys(words), GARBAGE], 1)}
    lexicon = _lexicon(ids, bigram, word_cost, garbage_cost, garbage_phone_cost)
    fst = kaldifst.compile(_text(lexicon.arcs), acceptor=False)
    kaldifst.determinize_star(fst)
    kaldifst.minimize_encoded(fst)  # words that end alike share their ends: half the size, the same paths
    (scratch / "hcl.txt").write_text(_with_stays(fst, kaldifst), encoding="ascii")
    _compile(
        scratch / "hcl.txt",
        ["fstarcsort", "--sort_type=olabel"],
        ["fstconvert", "--fst_type=olabel_lookahead", f"--save_relabel_opairs={scratch / 'relabel'}"],
        out=graph / "HCLr.fst",
    )
    numbers = np.loadtxt(scratch / "relabel", dtype=np.int64, ndmin=2)
    pairs = {int(before): int(after) for before, after in numbers}
    relabelled = {word: pairs[number] for word, number in ids.items()}
    _write_tables(graph, relabelled, lexicon.symbols)
    write_loop(folder, relabelled, word_cost)
    for path in scratch.iterdir():
        path.unlink()
    scratch.rmdir()


def write_loop(folder: Path, words: dict[str, int], word_cost: float) -> None:
    """``Gr.fst`` in which every word follows every word alike."""
    cost = math.log(len(words) + 1)
    arcs = [f"0 0 {number} {number} {cost - word_cost:.5f}" for word, number in words.items() if word != GARBAGE]
    write_grammar(folder, "\n".join([*arcs, f"0 {cost:.5f}\n"]))


def write_grammar(folder: Path, text: str) -> None:
    """Compile ``Gr.fst`` from OpenFst's text form, labels as in ``words.txt``."""
    source = folder / "grammar.txt"
    source.write_text(text, encoding="ascii")
    steps = (["fstconnect"], ["fstarcsort", "--sort_type=ilabel"], ["fstconvert", "--fst_type=const"])
    _compile(source, *steps, out=folder / "graph" / "Gr.fst")
    source.unlink()


def read_words(folder: Path) -> dict[str, int]:
    """``graph/words.txt``: word to label."""
    lines = (folder / "graph" / "words.txt").read_text(encoding="utf-8").splitlines()
    return {word: int(number) for word, number in (line.split() for line in lines)}


def _lexicon(
    ids: dict[str, int],
    bigram: npt.NDArray[np.float32],
    word_cost: float,
    garbage_cost: float,
    phone_cost: float,
) -> _Lexicon:
    lexicon = _Lexicon()
    arcs = lexicon.arcs
    arcs += [
        (_START, _LOOP, 0, 0, _HALF),
        (_START, _PAUSE, 0, 0, _HALF),
        (_PAUSE, _RETURN, 2 * 1, 0, 0.0),
        (_RETURN, _LOOP, TRANSITIONS + _SILENCE, 0, 0.0),
    ]
    spoken = [(word, phones) for word in ids if word != GARBAGE for phones in pronunciations(word)]
    alike = Counter(phones for _, phones in spoken)
    begun = {phones[:length] for phones in alike for length in range(1, len(phones))}
    told_apart: Counter[tuple[str, ...]] = Counter()
    for word, phones in spoken:
        labels = [2 * phone for phone in positioned(phones)]
        if phones in begun or alike[phones] > 1:  # another word sounds or begins the same
            told_apart[phones] += 1
            labels.append(TRANSITIONS + _CLOSE + told_apart[phones])
            lexicon.symbols = max(lexicon.symbols, _CLOSE + told_apart[phones])
        state = _LOOP
        for at, label in enumerate(labels):
            output, cost = (ids[word], word_cost) if not at else (0, 0.0)
            if at == len(labels) - 1:
                arcs += [(state, end, label, output, cost + _HALF) for end in (_LOOP, _PAUSE)]
            else:
                arcs.append((state, lexicon.states, label, output, cost))
                state = lexicon.states
                lexicon.states += 1
    _garbage(lexicon, ids[GARBAGE], bigram, word_cost + garbage_cost, phone_cost)
    return lexicon


def _garbage(lexicon: _Lexicon, label: int, bigram: npt.NDArray[np.float32], cost: float, phone_cost: float) -> None:
    """At least two phones in any order, by the bigram, between two disambiguation symbols."""
    arcs, count = lexicon.arcs, len(PHONES)
    first = lexicon.states
    inside = {phone: first + phone for phone in range(1, count)}
    ending = {phone: first + count + phone for phone in range(1, count)}
    lexicon.states += 2 * count
    arcs.append((_LOOP, first, TRANSITIONS + _OPEN, label, cost))
    for phone in range(1, count):
        enter = 2 * kaldi_phone(PHONES[phone], "B")
        arcs.append((first, inside[phone], enter, 0, phone_cost - float(bigram[0, phone])))
        leave = _HALF - float(bigram[phone, 0])
        arcs += [(ending[phone], end, TRANSITIONS + _CLOSE, 0, leave) for end in (_LOOP, _PAUSE)]
        for following in range(1, count):
            step = phone_cost - float(bigram[phone, following])
            arcs.append((inside[phone], inside[following], 2 * kaldi_phone(PHONES[following], "I"), 0, step))
            arcs.append((inside[phone], ending[following], 2 * kaldi_phone(PHONES[following], "E"), 0, step))


def _text(arcs: Sequence[tuple[int, int, int, int, float]]) -> str:
    ordered = sorted(arcs, key=lambda arc: arc[0] != _START)  # the first line names the start
    return "".join("{} {} {} {} {:.6f}\n".format(*arc) for arc in ordered) + f"{_LOOP}\n"


def _with_stays(fst: Any, kaldifst: Any) -> str:
    """Text of the transducer with a loop for staying at every state that a phone enters, one state a phone."""
    ids: dict[tuple[int, int], int] = {}
    todo: list[tuple[int, int]] = []
    arcs: list[tuple[int, int, int, int, float]] = []
    finals = []

    def state(old: int, phone: int) -> int:
        if (old, phone) not in ids:
            new = ids[old, phone] = len(ids)
            todo.append((old, phone))
            if phone:
                arcs.append((new, new, 2 * phone - 1, 0, 0.0))
        return ids[old, phone]

    state(fst.start, 0)
    while todo:
        old, phone = todo.pop()
        new = ids[old, phone]
        final = fst.final(old).value
        if final != float("inf"):
            finals.append(f"{new} {final:.6f}\n")
        for arc in kaldifst.ArcIterator(fst, old):
            entered = arc.ilabel // 2 if 0 < arc.ilabel <= TRANSITIONS else 0
            arcs.append((new, state(arc.nextstate, entered), arc.ilabel, arc.olabel, arc.weight.value))
    arcs.sort(key=lambda arc: arc[0] != 0)
    return "".join("{} {} {} {} {:.6f}\n".format(*arc) for arc in arcs) + "".join(finals)


def _write_tables(graph: Path, words: dict[str, int], symbols: int) -> None:
    lines = [f"{word} {number}\n" for word, number in sorted(words.items(), key=lambda item: item[1])]
    (graph / "words.txt").write_text("<eps> 0\n" + "".join(lines), encoding="utf-8")
    numbers = "".join(f"{TRANSITIONS + symbol}\n" for symbol in range(1, symbols + 1))
    (graph / "disambig_tid.int").write_text(numbers, encoding="ascii")
    places = {"B": "begin", "E": "end", "I": "internal", "S": "singleton"}
    boundary, phones = ["1 nonword\n"], ["<eps> 0\nSIL 1\n"]
    for phone in PHONES[1:]:
        for position in POSITIONS:
            number = kaldi_phone(phone, position)
            boundary.append(f"{number} {places[position]}\n")
            phones.append(f"{phone}_{position} {number}\n")
    (graph / "phones" / "word_boundary.int").write_text("".join(boundary), encoding="ascii")
    (graph / "phones.txt").write_text("".join(phones), encoding="utf-8")


def _compile(source: Path, *steps: Sequence[str], out: Path) -> None:
    """fstcompile, then each program over the one before; raises SystemExit naming the package that lacks."""
    environment = os.environ | {"LD_LIBRARY_PATH": f"{_PLUGINS}:{os.environ.get('LD_LIBRARY_PATH', '')}"}
    content = source.read_bytes()
    for step in (["fstcompile"], *steps):
        try:
            done = subprocess.run(step, input=content, capture_output=True, check=True, env=environment)
        except FileNotFoundError as error:
            raise SystemExit(f"the program {step[0]} is missing; install Debian's package libfst-tools") from error
        except subprocess.CalledProcessError as error:
            reason = error.stderr.decode(errors="replace").strip()
            raise SystemExit(f"{step[0]}: {reason}; are libfst-tools and libfst22-plugins-base there?") from error
        content = done.stdout
    out.write_bytes(content)
