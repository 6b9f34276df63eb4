"""Yes and no in all shades, and the sounds that mean nothing."""

from __future__ import annotations

from typing import Final

YES: Final = (
    "taip", "taip taip", "aha", "mhm", "jo", "gerai", "sutinku", "žinoma", "aišku", "be abejo", "be abejonės",
    "tikrai", "tikrai taip", "taip tikrai", "teisingai", "taip teisingai", "viskas teisingai", "viskas gerai",
    "tiksliai", "būtent", "prašau", "taip prašau", "prašom", "noriu", "taip noriu", "norėčiau", "taip norėčiau",
    "labai noriu", "taip sutinku", "tinka", "man tinka", "taip tinka", "patvirtinu", "taip patvirtinu", "galima",
    "galite", "taip galite", "galit", "taip galima", "mielai", "su malonumu", "kodėl ne", "nieko prieš",
    "neprieštarauju", "tvarka", "viskas tvarkoj", "okei", "taip taip teisingai", "tai taip", "nu taip", "na taip",
    "taip žinoma", "ogi taip", "taip yra", "tai žinoma", "taip gerai", "taigi", "tiesa", "jo jo", "aha taip",
    "čia aš", "taip čia aš", "reikia", "taip reikia", "gal taip", "turbūt taip", "jungkite", "sujunkite",
    "taip sujunkite",
)  # fmt: skip
NO: Final = (
    "ne", "ne ne", "ne ne ne", "nea", "neteisingai", "ne neteisingai", "ne teisingai", "negerai", "nesutinku",
    "ne nesutinku", "nenoriu", "ne nenoriu", "nenorėčiau", "nereikia", "ne nereikia", "nebereikia", "ne nebereikia",
    "ne ačiū", "ačiū ne", "ačiū nereikia", "ne ačiū nereikia", "ne dėkui", "tikrai ne", "tikrai nenoriu",
    "ne tikrai ne", "jokiu būdu", "nieku gyvu", "netinka", "man netinka", "ne netinka", "klaida", "ne klaida",
    "ne taip", "ne visai", "nevisai", "ne tas", "ne tai", "ne čia", "blogai", "netiesa", "ne tiesa", "negalima",
    "prieštarauju", "atsisakau", "nepatvirtinu", "netvirtinu", "dar ne", "nu ne", "na ne", "ogi ne", "tai ne",
    "kol kas ne", "geriau ne", "verčiau ne", "turbūt ne", "gal ne", "nejunkite", "ne nejunkite", "ne dar ne",
)  # fmt: skip
# Hesitation and courtesy that change nothing; not used where letters are spelled.
FILLERS: Final = frozenset(
    "ė ėė ėėė a aa mm mmm em hm hmm nu na va čia tai nagi žinokit žinokite sakykim reiškia jau "  # noqa: SIM905
    "atsiprašau minutėlę minutę palaukit palaukite tuoj tuojau laba diena labas sveiki".split()
)
_LONGEST: Final = max(len(phrase.split()) for phrase in (*YES, *NO))


def affirmed(text: str) -> bool | None:
    """True for yes, False for no, None for neither or both.

    >>> affirmed("aha taip"), affirmed("ne, neteisingai".replace(",", "")), affirmed("kodėl ne"), affirmed("taip ne")
    (True, False, True, None)
    >>> affirmed("nežinau"), affirmed("")
    (None, None)
    """
    words = text.split()
    votes: set[bool] = set()
    at = 0
    while at < len(words):
        for size in range(min(_LONGEST, len(words) - at), 0, -1):
            phrase = " ".join(words[at : at + size])
            if phrase in YES or phrase in NO:
                votes.add(phrase in YES)
                at += size
                break
        else:
            at += 1
    return votes.pop() if len(votes) == 1 else None
