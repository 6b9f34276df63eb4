"""Tests on recorded sound within reach: two games of Debian, and the sample that comes with LIEPA's Sphinx model.

``klettres-data`` says letters and syllables (one speaker), ``ktuberling-data`` names
things (its authors wrote no texts, so what a sound says is taken from what it is
called; a thing with two names may be called by either). What the model's lexicon
lacks can't be asked of it: that is left out and counted. Nothing of it is trained on.
"""

from __future__ import annotations

import re
import wave
import xml.etree.ElementTree as ElementTree
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from scripts.train_asr.codecs import Samples
from scripts.train_asr.measure.listener import Ears, Result, Trial, accuracy
from scripts.train_asr.measure.recordings import Recording, narrow
from scripts.train_asr.phones import pronounce

KLETTRES: Final = Path("/usr/share/klettres")
KTUBERLING: Final = Path("/usr/share/ktuberling/sounds/lt")
LIEPA_SAMPLE: Final = "komandų sąrašas"  # what LIEPA's recording says, as its own Sphinx model hears it too
# How letters are called where not by their own sound.
_CALLED: Final = {
    "ą": "ą nosinė", "ę": "ę nosinė", "į": "į nosinė", "ų": "ų nosinė", "y": "y ilgoji", "ū": "ū ilgoji",
    "i": "i trumpoji", "u": "u trumpoji",
    "b": "bė", "c": "cė", "č": "čė", "d": "dė", "f": "ef", "g": "gė", "h": "ha", "j": "jot", "k": "ka", "l": "el",
    "m": "em", "n": "en", "p": "pė", "r": "er", "s": "es", "š": "eš", "t": "tė", "v": "vė", "z": "zė", "ž": "žė",
}  # fmt: skip
_THINGS: Final = {
    "ball": "kamuolys", "coat": "paltas", "ear": "ausis", "earring": "auskaras", "egypt_boy": "berniukas",
    "egypt_bridge": "tiltas", "egypt_camel": "kupranugaris", "egypt_cart": "vežimas", "egypt_column": "kolona",
    "egypt_donkey": "asilas", "egypt_girl": "mergaitė", "egypt_grass": "žolė", "egypt_man": "vyras",
    "egypt_oasis": "oazė", "egypt_palmtree": "palmė", "egypt_pyramid": "piramidė", "egypt_road": "kelias",
    "egypt_sphynx": "sfinksas", "egypt_well": "šulinys", "egypt_woman": "moteris", "eye": "akis",
    "eyebrow": "antakis", "flower": "gėlė", "hair": "plaukai", "hat": "skrybėlė|kepurė", "moon_alien": "ateivis",
    "moon_astronaut": "astronautas|kosmonautas", "moon_earth": "žemė", "moon_hotel": "viešbutis",
    "moon_monster": "pabaisa|monstras", "moon_planet": "planeta", "moon_radar": "radaras", "moon_rocket": "raketa",
    "moon_satellite": "palydovas", "moon_sign": "ženklas", "moon_star": "žvaigždė", "moustache": "ūsai",
    "mouth": "burna|lūpos", "nose": "nosis", "pizzeria_cheese": "sūris", "pizzeria_cucumber": "agurkas",
    "pizzeria_mushroom": "grybas", "pizzeria_onion": "svogūnas", "pizzeria_pineapple": "ananasas",
    "pizzeria_tomato": "pomidoras", "shoe": "batas", "shorts": "šortai", "skirt": "sijonas",
    "spectacles": "akiniai", "stick": "lazda", "tie": "kaklaraištis", "tux-apple": "obuolys", "tux-fish": "žuvis",
    "tux-guitar": "gitara", "tux-key": "raktas", "tux-letter": "laiškas", "tux-vase": "vaza", "tv_ball": "kamuolys",
    "tv_bicycle": "dviratis", "tv_car": "mašina|automobilis", "tv_elephant": "dramblys", "tv_fence": "tvora",
    "tv_fire": "ugnis|gaisras", "tv_fireman": "gaisrininkas|ugniagesys", "tv_fisherman": "žvejys",
    "tv_giraffe": "žirafa", "tv_guitar": "gitara", "tv_house": "namas", "tv_ladder": "kopėčios",
    "tv_lion": "liūtas", "tv_lorry": "sunkvežimis", "tv_man": "vyras", "tv_monkey": "beždžionė",
    "tv_path": "takas", "tv_rock": "akmuo", "tv_school": "mokykla", "tv_shop": "parduotuvė", "tv_smoke": "dūmai",
    "tv_train": "traukinys", "tv_tree": "medis", "tv_tunnel": "tunelis", "tv_wagon": "vagonas",
    "tv_woman": "moteris", "umbrella": "skėtis", "xmas_angel": "angelas",
}  # fmt: skip
_SHORT: Final = {"ā": "a", "ē": "e", "y": "i", "ū": "u"}


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound file and what it may say, one or two ways."""

    path: Path
    said: tuple[str, ...]


def letters(folder: Path = KLETTRES) -> list[Sound]:
    """The alphabet, each letter by its Lithuanian name."""
    return [Sound(path, (_CALLED.get(text, text),)) for path, text in _listed(folder, "alphabet")]


def syllables(folder: Path = KLETTRES) -> list[Sound]:
    """Syllables and short words."""
    return [Sound(path, (text,)) for path, text in _listed(folder, "syllables")]


def things(folder: Path = KTUBERLING) -> list[Sound]:
    """Names of things in pictures."""
    named = {folder / f"{name}.ogg": tuple(said.split("|")) for name, said in _THINGS.items()}
    return [Sound(path, said) for path, said in named.items() if path.is_file()]


def measured(ears: Ears, lexicon: Container[str], liepa: Path) -> Iterator[tuple[str, Result]]:
    """Tests with figures for what is installed (``left_out``: sounds whose words the lexicon lacks)."""
    for name, sounds in (("letters", letters()), ("syllables", syllables()), ("things", things())):
        known = [sound for sound in sounds if any(_knows(lexicon, text) for text in sound.said)]
        if sounds:
            yield f"found_{name}", {**accuracy(ears, _test(known, lexicon)), "left_out": len(sounds) - len(known)}
    if (liepa / "sample").is_dir():
        yield "found_liepa_sample", accuracy(ears, sample(liepa / "sample", lexicon))


def sample(folder: Path, lexicon: Container[str]) -> Trial:
    """LIEPA's recording of a command, with those commands of its grammar that the lexicon knows."""
    (path,) = sorted(folder.glob("*.wav"))
    rules = (folder / f"liepa_{path.stem}.gram").read_text(encoding="utf-8").partition("=")[2]
    phrases = [" ".join(phrase.split()) for phrase in re.split(r"[|;]", rules) if phrase.strip()]
    with wave.open(str(path)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32)
        recording = Recording(narrow(sound, file.getframerate()), LIEPA_SAMPLE, "one")
    return Trial([recording], [phrase for phrase in phrases if _knows(lexicon, phrase)], "plain")


def _listed(folder: Path, part: str) -> list[tuple[Path, str]]:
    """Sounds of a part of ``lt/sounds.xml`` with what they are called; none where the package is not installed."""
    table = folder / "lt" / "sounds.xml"
    if not table.is_file():
        return []
    entries = ElementTree.parse(table).getroot().iterfind(f".//{part}/sound")
    return [(folder / entry.attrib["file"], entry.attrib["name"].lower()) for entry in entries]


def _test(sounds: Sequence[Sound], lexicon: Container[str]) -> Trial:
    """Texts that differ in the length of vowels alone count as one, and so do the names of one thing."""
    means: dict[str, str] = {}
    for sound in sounds:
        for text in sound.said:
            means.setdefault(text, sound.said[0])
    grammar = [text for text in means if _knows(lexicon, text)]
    recordings = [Recording(read_sound(sound.path), sound.said[0], "one") for sound in sounds]
    return Trial(recordings, grammar, "plain", lambda text: _sounds(means.get(text, text)))


def _sounds(text: str) -> tuple[str, ...]:
    return tuple(_SHORT.get(phone, phone) for word in text.split() for phone in pronounce(word))


def _knows(lexicon: Container[str], text: str) -> bool:
    return all(word in lexicon for word in text.split())


def read_sound(path: Path) -> Samples:
    """A sound file of any rate at 8 kHz, mono, in 16-bit units; raises soundfile.LibsndfileError for another kind."""
    import soundfile  # needed by these sounds alone

    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return narrow(np.asarray(sound.mean(axis=1) * 32767, np.float32), rate)
