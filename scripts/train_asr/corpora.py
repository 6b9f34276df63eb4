"""Recorded speech of real people, with their consent, in the layouts of Common Voice and LIEPA, as shards of clips.

Common Voice: a folder with ``clips/`` and a table (``validated.tsv`` or another)
that has the columns ``client_id``, ``path`` and ``sentence``. LIEPA: folders of WAV
files, each beside a text file of the same name; the speaker is the folder's name.
Sound of any rate that libsndfile reads (WAV, FLAC, MP3 …) becomes 8 kHz; a sentence
with digits or letters that have no Lithuanian sound is left out and counted, and so is
a recording that is missing, damaged, shorter than 0.2 s or longer than 15 s.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soxr

from scripts.train_asr.clips import RATE, Clip, read_shard, write_shard
from scripts.train_asr.phones import pronounce, words_of

SHARD_CLIPS: Final = 200
LONGEST_S: Final = 15.0
_PEAK: Final = 20000
_SOUNDS: Final = (".wav", ".flac", ".ogg", ".mp3")


@dataclass(frozen=True, slots=True)
class Line:
    """One recording of a corpus."""

    sound: Path
    text: str
    speaker: str


def common_voice(folder: Path, table: str = "validated.tsv") -> Iterator[Line]:
    """The lines of a Common Voice table. Raises SystemExit when the table or a column is missing."""
    path = folder / table
    if not path.is_file():
        raise SystemExit(f"{path}: there is no such table; give the folder of one language of Common Voice")
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        lacking = {"client_id", "path", "sentence"} - set(rows.fieldnames or ())
        if lacking:
            raise SystemExit(f"{path}: lacks the columns {', '.join(sorted(lacking))}")
        for row in rows:
            yield Line(folder / "clips" / row["path"], row["sentence"], row["client_id"])


def liepa(folder: Path) -> Iterator[Line]:
    """Every sound file that has a text file of its name beside it (UTF-8, else Windows-1257)."""
    for sound in sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SOUNDS):
        beside = sound.with_suffix(".txt")
        if beside.is_file():
            yield Line(sound, _decoded(beside.read_bytes()), sound.parent.name)


def spoken(text: str) -> str | None:
    """The words of a sentence as the training wants them, or None when it can't say how they sound."""
    words = words_of(text)
    left = "".join(sign for sign in text.lower() if sign.isalnum())
    if not words or left != "".join(words):
        return None
    try:
        for word in words:
            pronounce(word)
    except ValueError:
        return None
    return " ".join(words)


def load(lines: Iterable[Line], out: Path) -> tuple[int, int]:
    """Write the usable recordings to shards in ``out``; the numbers of those taken and of those left out.

    Shards that exist are kept as they are. Speakers' names become numbers that can't be read back.
    Raises SystemExit when no recording is usable: training would go on without the corpus that was named.
    """
    taken = offered = 0
    shard: list[Line] = []
    number = 0
    for line in lines:
        offered += 1
        if spoken(line.text) is None:
            continue
        shard.append(line)
        if len(shard) == SHARD_CLIPS:
            taken += _write(out / f"{number:05}.npz", shard)
            number, shard = number + 1, []
    if shard:
        taken += _write(out / f"{number:05}.npz", shard)
    if not taken:
        raise SystemExit(f"none of {offered} recordings can be trained on; see --corpus and --layout in README.md")
    return taken, offered - taken


def _write(path: Path, lines: list[Line]) -> int:
    """Make a shard unless it exists; the number of recordings in it."""
    if not path.exists():
        write_shard(path, [clip for clip in map(_clip, lines) if clip is not None])
    kept = len(read_shard(path))
    print(f"corpus: {path.name}, {kept} of {len(lines)} recordings", flush=True)
    return kept


def _clip(line: Line) -> Clip | None:
    import soundfile  # needed by this stage alone

    try:
        sound, rate = soundfile.read(line.sound, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        print(f"corpus: {line.sound.name} is left out: {error}", flush=True)
        return None
    narrow = np.asarray(soxr.resample(sound.mean(axis=1), rate, RATE, quality="VHQ"))
    if not RATE // 5 < len(narrow) < LONGEST_S * RATE:
        return None
    level = _PEAK / max(float(np.abs(narrow).max()), 1e-3)
    speaker = hashlib.sha256(line.speaker.encode()).hexdigest()[:12]
    return Clip((narrow * level).astype(np.int16), spoken(line.text) or "", speaker)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1257", errors="replace")
