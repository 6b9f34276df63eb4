"""Makes the word lists of the lexicon.

    python -m scripts.train_asr.wordlists                     all lists; the subjects' vocabulary stays as it is
    python -m scripts.train_asr.wordlists --subjects FILE…    that one too, from texts on the line's subjects

Needs Debian's ``hunspell`` and ``hunspell-lt``. A text's words are taken one by one, spelled rightly and with
their other forms; nothing of its sentences is kept.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from scripts.train_asr.wordlists import hunspell, inflect
from scripts.train_asr.wordlists.lists import HUNSPELL, OWN, WORDS, WordList, all_lists, sayable, words_in

SUBJECTS: Final = "30-subjects"
HURRIED: Final = "33-hurried"
_NAMES: Final = ("20", "21")
# Families with fewer forms in the texts are completed only when one of their words stands there twice.
_FAMILY_HITS: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the lists; returns the exit status."""
    parser = argparse.ArgumentParser(description="Makes the word lists of the lexicon.")
    parser.add_argument("--subjects", nargs="+", type=Path, default=[], help="texts on the line's subjects")
    parser.add_argument("--out", type=Path, default=WORDS, help="folder of the lists")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    lists = list(all_lists())
    if options.subjects:
        texts = [path.read_text(encoding="utf-8") for path in options.subjects]
        lists.append(WordList(SUBJECTS, HUNSPELL, lambda: subject_words(texts), checked=True))
    elif (kept := options.out / f"{SUBJECTS}.txt").exists():
        lists.append(WordList(SUBJECTS, HUNSPELL, lambda: kept.read_text(encoding="utf-8").splitlines()[1:]))
    seen: set[str] = set()
    spoken: list[str] = []
    for wordlist in sorted(lists, key=lambda wordlist: wordlist.name):
        words = _make(wordlist, options.out, seen)
        if not wordlist.name.startswith(_NAMES):
            spoken += words
    _make(WordList(HURRIED, OWN, lambda: hurried_words(spoken), checked=True), options.out, seen)
    print(f"together: {len(seen)} words")
    return 0


def _make(wordlist: WordList, out: Path, seen: set[str]) -> list[str]:
    """Write and return the list without the words that are in another one already; they are added to ``seen``."""
    words = [word for word in dict.fromkeys(correct(wordlist)) if word not in seen]
    seen |= set(words)
    write(out / f"{wordlist.name}.txt", wordlist.source, words)
    print(f"{wordlist.name}: {len(words)} words")
    return words


def hurried_words(words: Iterable[str]) -> Iterator[str]:
    """What is said of them in a hurry; ``!`` before forms that the speller doesn't know."""
    for word in words:
        if said := inflect.hurried(word):
            form, known = said
            yield form if known else f"!{form}"


def correct(wordlist: WordList) -> list[str]:
    """The list's words that can be said and, where it is checked, are spelled rightly; marked words pass."""
    words = [word for word in wordlist.words() if sayable(word.removeprefix("!"))]
    if not wordlist.checked:
        return words
    plain = [word for word in words if not word.startswith("!")]
    wrong = hunspell.misspelled(plain)
    # Names of feasts are right with a capital only.
    wrong &= {word.lower() for word in hunspell.misspelled(word.capitalize() for word in wrong)}
    return [word.removeprefix("!") for word in words if word not in wrong]


def subject_words(texts: Iterable[str]) -> list[str]:
    """The texts' words, most frequent first, then the other forms of their nouns and adjectives."""
    counts = Counter(word for text in texts for word in words_in(text.replace("\u00ad", "")) if len(word) > 1)
    wrong = hunspell.misspelled(counts)
    right = {word for word in counts if word not in wrong}
    more: list[str] = []
    for family in hunspell.load():
        hits = family & right
        if len(hits) >= _FAMILY_HITS or any(counts[word] >= _FAMILY_HITS for word in hits):
            more += sorted(family)
    return [word for word, _ in counts.most_common() if word in right] + more


def write(path: Path, source: str, words: Iterable[str]) -> None:
    """One word a line under a line with source and licence."""
    path.write_text(f"# {source}\n" + "".join(f"{word}\n" for word in words), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
