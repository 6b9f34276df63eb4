"""A knowledge of a few answers, told by words of the question, so that conversations need no ranking to be tried.

Ids, titles and what is said are those of the packs where the packs have the answer: the same conversations run on both.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ivr.dialog.ports import Channel, Decision, Kind, SpokenAnswer, Understood
from ivr.privacy import Pii

_PAGE: Final = "Socialinės apsaugos ir darbo ministerija, klausimai ir atsakymai"
_OF_2019: Final = "Tai du tūkstančiai devynioliktų metų informacija, ji galėjo pasikeisti."
_OF_2018: Final = "Tai du tūkstančiai aštuonioliktų metų informacija, ji galėjo pasikeisti."
ANSWERS: Final = {
    "atostog": SpokenAnswer(
        "5.7",
        "labour_relations",
        ("Kasmetinės atostogos trunka ne mažiau kaip dvidešimt darbo dienų.", _OF_2019),
        f"{_PAGE} 5.7",
        "2019-01-14",
    ),
    "dokument": SpokenAnswer(
        "10.1",
        "social_assistance",
        (
            "Kreipdamiesi pateikite prašymą ir asmens dokumentą.",
            "Pateikti galite atvykę į savivaldybę arba internetu.",
            _OF_2019,
        ),
        f"{_PAGE} 10.1",
        "2019-01-10",
    ),
}
_AMOUNT: Final = SpokenAnswer(
    "ministerija/ismokos_dydis",
    "child_benefit",
    ("Vaiko pinigus moka savivaldybė.", _OF_2019),
    f"{_PAGE}, pirma tema, trečias klausimas",
    "2019-01-03",
    title="vaiko pinigų dydį",
    longer=("Iki tol išmoka buvo trisdešimt eurų du centai.",),
    institution="savivaldybės administracija",
)
_AGES: Final = replace(
    _AMOUNT, id="ministerija/vaiku_amzius", title="vaikų amžių, iki kurio mokami vaiko pinigai", score=0.9
)
_GROWN: Final = replace(
    _AMOUNT,
    id="ministerija/po_astuoniolikos",
    title="vaiko pinigus, kai besimokančiam vaikui sukanka aštuoniolika",
)
_CARD: Final = SpokenAnswer(
    "ministerija/kortele_prasymas",
    "family_card",
    ("Prašymą Socialinių paslaugų priežiūros departamentui galite pateikti internetu.", _OF_2019),
    f"{_PAGE}, antra tema, ketvirtas klausimas",
    "2019-11-26",
    title="tai, kaip ir kur pateikti prašymą gauti Šeimos kortelę",
    longer=("Rašytinio prašymo formą rasite Šeimos kortelės interneto svetainėje.",),
    documents="Prie rašytinio prašymo pridedamos patvirtintos kopijos tų dokumentų, kurių duomenų nėra registruose.",
    institution="Socialinių paslaugų priežiūros departamentas",
)
_YEARS: Final = SpokenAnswer(
    "ministerija/pensija_netekto_darbingumo_stazas",
    "pensions",
    ("Kiek minimaliojo ir būtinojo stažo reikia, priklauso nuo amžiaus.",),
    f"{_PAGE}, septyniolikta tema, devintas klausimas",
    "2018-01-02",
    title="netekto darbingumo pensiją ir jai reikalingą stažą",
    longer=("Pavyzdžiui, dvidešimt vienerių metų žmogui reikia dviejų mėnesių minimaliojo stažo.",),
    asks="Kiek metų žmogui, dėl kurio pensijos klausiate?",
    institution="Sodra",
)
_ROW: Final = replace(
    _YEARS,
    sentences=(
        "Sulaukus dvidešimt trejų metų, netekto darbingumo pensijai reikia šešių mėnesių minimaliojo stažo.",
        _OF_2018,
    ),
    asks="",
)
_NOTICE: Final = SpokenAnswer(
    "personalas/43",
    "personnel",
    ("Įstaiga pateikia informaciją ne vėliau kaip prieš penkias darbo dienas iki atleidimo dienos.",),
    "Aprašas, 43 punktas",
    "",
    title="informaciją atleidimui",
    longer=("Šis terminas netaikomas, jeigu susitarta dėl trumpesnio.",),
)
_DATED: Final = replace(
    _NOTICE,
    sentences=(
        *_NOTICE.sentences,
        "Jeigu skaičiuojama iki kovo trisdešimt pirmosios, paskutinė termino diena yra kovo dvidešimt ketvirtoji, "
        "pirmadienis.",
    ),
)
# What the words hold, the answers, and whether they are sure: the first that fits.
_KNOWN: Final[Sequence[tuple[str, Decision, tuple[SpokenAnswer, ...]]]] = (
    ("kiek vaiko pinig", "answer", (_AMOUNT, _AGES)),
    ("vaiko pinig", "choose", (replace(_AGES, score=1.0), replace(_AMOUNT, score=0.9))),
    ("jau aštuoniolika", "choose", (_GROWN, _AGES)),
    ("šeimos kortel", "answer", (_CARD,)),
    ("stažo reikia", "answer", (_YEARS,)),
    ("kovo trisdešimt", "answer", (_DATED,)),
    ("atleidim", "answer", (_NOTICE,)),
)
_OF_KIND: Final[Mapping[Kind, tuple[str, ...]]] = {
    "faq": tuple(ANSWERS),
    "personal": ("mano išmok", "mano byl", "mano vyr", "prisijung", "slaptažod", "mano pensija"),
    "human": ("žmog", "konsultant", "sujun", "kalbėti su", "noriu darbuotoj", "su darbuotoj"),
    "message": ("žinut", "skund", "skųst", "skamb"),
}
_DECISIONS: Final[Mapping[Kind, Decision]] = {"personal": "authenticate", "human": "person", "message": "message"}
_AGE: Final = ("dvidešimt treji", "23")


class FakeAnswers:
    """Knows a few answers by words of the question, and kinds by a few words; of two kinds it is about as sure."""

    def answer(self, text: str, after: str = "", among: Sequence[str] = ()) -> Understood | None:
        said = text.lower()
        if among and (chosen := _chosen(said, among)) is not None:
            return Understood("faq", 1.0, "answer", (chosen,))
        if after == _YEARS.id and any(age in said for age in _AGE):
            return Understood("faq", 1.0, "answer", (_ROW,))
        for words, decision, found in _KNOWN:
            if words in said:
                shares: tuple[tuple[Kind, float], ...] = (("faq", 0.95), ("oos", 0.05))
                return Understood("faq", 0.95 if decision == "answer" else 0.5, decision, found, shares)
        return _by_kind(said)


def _by_kind(said: str) -> Understood:
    kinds: list[Kind] = [kind for kind, words in _OF_KIND.items() if any(word in said for word in words)] or ["oos"]
    found = tuple(answer for word, answer in ANSWERS.items() if word in said)
    sure = [0.95] if len(kinds) == 1 else [0.5, 0.45]
    weighed = tuple(zip(kinds, sure, strict=False))
    if kinds[0] == "faq":
        return Understood("faq", sure[0], "answer" if len(kinds) == 1 else "choose", found, weighed)
    return Understood(kinds[0], sure[0], _DECISIONS.get(kinds[0], "refuse"), found, weighed)


def _chosen(said: str, among: Sequence[str]) -> SpokenAnswer | None:
    known = {one.id: one for _, _, found in _KNOWN for one in found}
    for place, word in enumerate(("pirm", "antr", "treč")):
        if said.startswith(word) and place < len(among):
            return known.get(among[place])
    return next((known[name] for name in among if "amži" in said and "amži" in known[name].title), None)


@dataclass
class FakePost:
    """Takes answers for delivery, or refuses all of them; ``sent``: channel, receiver's last digits, id."""

    takes: bool = True
    channels: Collection[Channel] = ("sms", "email")
    sent: list[tuple[Channel, str, str]] = field(default_factory=list)

    def send(self, channel: Channel, to: Pii, answer: SpokenAnswer) -> bool:
        if self.takes:
            self.sent.append((channel, to.tail(), answer.id))
        return self.takes
