"""Puts a Vosk model folder together: network, options, graphs, notices; and names its files for the manifest."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Final

import numpy as np

from scripts.train_asr import features, graph
from scripts.train_asr.lm.formats import acceptor
from scripts.train_asr.lm.model import Trigram
from scripts.train_asr.phones import WORD
from scripts.train_asr.texts import (
    COMMANDS,
    DAYS,
    DIGITS,
    LETTERS,
    MONTHS,
    MONTHS_OF,
    NAMES,
    ORDINALS,
    SURNAMES,
    TEENS,
    TENS,
    TOWNS,
    YES_NO,
    word_list,
)  # fmt: skip

# Few states at a time: twice as many hear no better. And 0.42 s of sound at a time through the network: its
# weights are packed for every piece, and larger pieces would be known too late to end a turn after 0.4 s of silence.
OPTIONS: Final = """--min-active=200
--max-active=1000
--beam=12.0
--lattice-beam=4.0
--acoustic-scale=1.0
--frame-subsampling-factor=3
--frames-per-chunk=42
--endpoint.silence-phones=1
--endpoint.rule2.min-trailing-silence=1.2
--endpoint.rule3.min-trailing-silence=1.6
--endpoint.rule4.min-trailing-silence=2.0
"""
# Without a grammar the language model says how likely a word is, and weighs more than the sound alone would have it:
# chosen on spoken questions over the line of 15 dB.
OPEN_WORD_COST: Final = 0.0
OPEN_SCALE: Final = 1.3
_OWN: Final = (
    DIGITS,
    TEENS,
    TENS,
    MONTHS,
    MONTHS_OF,
    ORDINALS,
    DAYS,
    YES_NO,
    COMMANDS,
    NAMES,
    SURNAMES,
    TOWNS,
    LETTERS,
)
_AMOUNTS: Final = ("šimtas", "šimtai", "šimtų", "tūkstantis", "tūkstančiai", "tūkstančių", "metai", "metų")


def vocabulary(*folders: Path) -> list[str]:
    """The lexicon: our own lists and every word of ``folder/*.txt``, each once."""
    words = dict.fromkeys(word.lower() for kind in _OWN for phrase in kind for word in phrase.split())
    words |= dict.fromkeys(_AMOUNTS)
    for folder in folders:
        words |= dict.fromkeys(word_list(folder))
    return [word for word in words if WORD.fullmatch(word)]


def assemble(
    trained: Path,
    liepa: Path,
    out: Path,
    words: list[str],
    *,
    language: Trigram | None = None,
    word_cost: float = graph.WORD_COST,
    **costs: float,
) -> None:
    """Make ``out`` from a training folder (``final.mdl``, ``bigram.npy``): all that Vosk needs, and LIEPA's notice.

    ``language``: the model for listening without a grammar; without it every word is alike there.
    """
    for name in ("am", "conf"):
        (out / name).mkdir(parents=True, exist_ok=True)
    shutil.copy(trained / "final.mdl", out / "am" / "final.mdl")
    (out / "conf" / "mfcc.conf").write_text(features.CONFIGURATION, encoding="ascii")
    (out / "conf" / "model.conf").write_text(OPTIONS, encoding="ascii")
    shutil.copy(liepa / "LICENSE", out / "LICENSE-LIEPA")
    graph.build(out, words, np.load(trained / "bigram.npy"), word_cost=word_cost, **costs)
    if language:
        text = acceptor(language, graph.read_words(out), scale=OPEN_SCALE, per_word=OPEN_WORD_COST - word_cost)
        graph.write_grammar(out, "".join(f"{line}\n" for line in text))


def manifest_entry(folder: Path, *, licence: str) -> str:
    """The folder's entry for ``asr_models/manifest.toml``."""
    version = folder.name.rpartition("-")[2]
    lines = [
        f'[models."{folder.name}"]',
        f'version = "{version}"',
        f'licence = "{licence}"',
        'source = "trained by scripts/train_asr; see README.md in the folder"',
    ]
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "README.md"):
        content = path.read_bytes()
        lines += [
            "",
            f'[models."{folder.name}".files."{path.relative_to(folder)}"]',
            f"size = {len(content)}",
            f'sha256 = "{hashlib.sha256(content).hexdigest()}"',
        ]
    return "\n".join(lines) + "\n"
