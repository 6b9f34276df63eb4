"""Lithuania's 60 municipalities, its larger places and common names of streets, as callers say them.

Municipalities are public knowledge (the state's administrative division); the streets are names that
many towns have. Nothing here comes from anybody's address.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ivr.language.declension import Case, Forms, decline, decline_plural_only

# The municipalities by kind, each with the place that names it.
_CITIES: Final = "Vilnius Kaunas Klaipėda Šiauliai Panevėžys Alytus Palanga"
_PLAIN: Final = (
    "Birštonas Druskininkai Elektrėnai Kalvarija Kazlų+Rūda Marijampolė Neringa Pagėgiai Rietavas Visaginas"  # no kind
)
_DISTRICTS: Final = """
Akmenė Alytus Anykščiai Biržai Ignalina Jonava Joniškis Jurbarkas Kaišiadorys Kaunas Kelmė Kėdainiai Klaipėda
Kretinga Kupiškis Lazdijai Mažeikiai Molėtai Pakruojis Panevėžys Pasvalys Plungė Prienai Radviliškis Raseiniai
Rokiškis Skuodas Šakiai Šalčininkai Šiauliai Šilalė Šilutė Širvintos Švenčionys Tauragė Telšiai Trakai Ukmergė Utena
Varėna Vilkaviškis Vilnius Zarasai
"""
_TOWNS: Final = """
Naujoji+Akmenė Gargždai Grigiškės Lentvaris Garliava Kuršėnai Nida Juodkrantė Vievis Ariogala Baltoji+Vokė Daugai
Dusetos Eišiškės Ežerėlis Gelgaudiškis Jieznas Joniškėlis Kudirkos+Naumiestis Kavarskas Kybartai Linkuva Nemenčinė
Obeliai Pabradė Pandėlys Panemunė Priekulė Ramygala Rūdiškės Salantai Seda Simnas Skaudvilė Smalininkai Subačius
Šeduva Švenčionėliai Troškūnai Tytuvėnai Užventis Vabalninkas Varniai Veisiejai Venta Viekšniai Vilkija Virbalis
Žagarė Žiežmariai Raudondvaris Kulautuva Domeikava Rudamina Skaidiškės Pilaitė Fabijoniškės Antakalnis Žirmūnai
Lazdynai Karoliniškės Justiniškės Pašilaičiai Šeškinė Naujininkai Šnipiškės Žvėrynas Vilkpėdė Senamiestis Dainava
Šilainiai Eiguliai Petrašiūnai Aleksotas Šančiai Žaliakalnis
"""
_PLURAL_ONLY: Final = frozenset(
    """
    Šiauliai Druskininkai Elektrėnai Pagėgiai Anykščiai Biržai Kaišiadorys Kėdainiai Lazdijai Mažeikiai Molėtai
    Prienai Raseiniai Šakiai Šalčininkai Širvintos Švenčionys Telšiai Trakai Zarasai Gargždai Grigiškės Kuršėnai
    Daugai Dusetos Eišiškės Kybartai Obeliai Rūdiškės Salantai Smalininkai Švenčionėliai Troškūnai Tytuvėnai Varniai
    Veisiejai Viekšniai Žiežmariai Skaidiškės Fabijoniškės Žirmūnai Lazdynai Karoliniškės Justiniškės Pašilaičiai
    Naujininkai Šnipiškės Šilainiai Eiguliai Petrašiūnai Šančiai
    """.split()  # noqa: SIM905
)
_STREETS: Final = """
Laisvės Vytauto Gedimino Kęstučio Birutės Mindaugo Algirdo Žygimantų Jogailos Basanavičiaus Maironio Donelaičio
Žemaitės Kudirkos Čiurlionio Daukanto Valančiaus Vaižganto Biliūno Krėvės Salomėjos+Nėries Janonio Landsbergio
Vienuolio Vilniaus Kauno Klaipėdos Šiaulių Panevėžio Alytaus Marijampolės Utenos Ukmergės Trakų Varšuvos Rygos Tilžės
Palangos Telšių Tauragės Kretingos Plungės Mažeikių Biržų Rokiškio Zarasų Molėtų Druskininkų Savanorių Taikos Tiesos
Vienybės Ateities Draugystės Pergalės Respublikos Nepriklausomybės Aušros Saulės Mėnulio Žvaigždžių Debesų Vėjo
Lietaus Rasos Pavasario Vasaros Rudens Žiemos Vakaro Ryto Liepų Beržų Ąžuolų Pušų Eglių Klevų Uosių Alksnių Drebulių
Gluosnių Karklų Lazdynų Šermukšnių Kaštonų Kadagių Topolių Tuopų Vyšnių Obelų Slyvų Kriaušių Sodų Sodo Gėlių Rožių
Ramunių Jurginų Tulpių Lelijų Alyvų Jazminų Žibučių Rugių Kviečių Linų Dobilų Uogų Aviečių Žemuogių Miško Šilo Girios
Gojaus Pievų Laukų Lauko Kalno Kalnų Kalvų Slėnio Upės Upelio Ežero Marių Jūros Kopų Krantinės Pakrantės Tilto
Tvenkinio Šaltinio Versmių Malūno Dvaro Parko Bažnyčios Mokyklos Gimnazijos Universiteto Bibliotekos Teatro Muziejaus
Ligoninės Vaistinės Pašto Stoties Geležinkelio Turgaus Prekybos Pramonės Statybininkų Darbininkų Mokytojų Gydytojų
Studentų Sporto Stadiono Jaunimo Naujoji Senoji Didžioji Mažoji Ilgoji Trumpoji Plačioji Žalioji Baltoji Raudonoji
Tylioji Centrinė Pietų Šiaurės Rytų Vakarų Tarybų Partizanų Tremtinių Knygnešių Dariaus+ir+Girėno Šaulių Karių Pilies
Pilaitės Katedros Vienuolyno Rotušės Gynėjų Kalvarijų Antakalnio Žirmūnų Konstitucijos Ozo Geležinio+Vilko Baltų
Pramonininkų Veiverių Jonavos Raudondvario Islandijos Minijos Šilutės Herkaus+Manto Liepojos Dubijos Žemaičių
Aukštaičių Dzūkų Suvalkiečių Kuršių Sėlių Žiemgalių Skalvių Jotvingių Nemuno Neries Šventosios Nevėžio Dubysos Ventos
Merkio Akmenos Danės Bangų Žvejų Jūreivių Burių Smilčių Gintaro Vingio Žvėryno Fabijoniškių Justiniškių Pašilaičių
Viršuliškių Šeškinės Lazdynėlių Architektų Erfurto Žeimenos Kovo+vienuoliktosios Vasario+šešioliktosios
Birželio+dvidešimt+trečiosios Gegužės Sausio+tryliktosios
"""
STREET_KINDS: Final = ("gatvė", "prospektas", "alėja", "plentas", "kelias", "aikštė", "skersgatvis", "takas",
                       "akligatvis", "bulvaras", "krantinė", "sodas")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Municipality:
    """One of the sixty. ``name`` as the state writes it ("Kauno rajono savivaldybė"), ``spoken`` what callers say."""

    name: str
    spoken: tuple[str, ...]


@lru_cache(maxsize=1)
def municipalities() -> tuple[Municipality, ...]:
    """All sixty.

    >>> len(municipalities()), municipalities()[1].name, "kauno miestas" in municipalities()[1].spoken
    (60, 'Kauno miesto savivaldybė', True)
    """
    cities, districts = _CITIES.split(), _DISTRICTS.split()
    found = [_municipality(place, "miest", alone=True, shared=place in districts) for place in cities]
    found += [_municipality(place.replace("+", " "), "", alone=True) for place in _PLAIN.split()]
    found += [_municipality(place, "rajon", alone=place not in cities) for place in districts]
    return tuple(found)


@lru_cache(maxsize=1)
def place_forms() -> dict[str, Forms]:
    """Municipal centres and towns with their forms by case; places of two words decline word by word.

    >>> place_forms()["Telšiai"][Case.LOCATIVE], place_forms()["Kazlų Rūda"][Case.GENITIVE]
    ('Telšiuose', 'Kazlų Rūdos')
    """
    names = dict.fromkeys(f"{_CITIES} {_PLAIN} {_DISTRICTS} {_TOWNS}".split())
    return {name.replace("+", " "): _place(name.replace("+", " ")) for name in names}


@lru_cache(maxsize=1)
def streets() -> tuple[str, ...]:
    """Names of streets as they stand before the word for street, mostly genitives.

    >>> "Laisvės" in streets(), "Vasario šešioliktosios" in streets(), len(streets()) > 240
    (True, True, True)
    """
    return tuple(dict.fromkeys(name.replace("+", " ") for name in _STREETS.split()))


def _place(name: str) -> Forms:
    head, _, last = name.rpartition(" ")
    forms = decline_plural_only(last) if last in _PLURAL_ONLY else decline(last)
    if not head:
        return forms
    if head.endswith("oji"):
        fixed = dict(zip(Case, ("oji", "osios", "ajai", "ąją", "ąja", "ojoje", "oji"), strict=True))
        return {case: f"{head[:-3]}{fixed[case]} {form}" for case, form in forms.items()}
    return {case: f"{head} {form}" for case, form in forms.items()}


def _municipality(place: str, kind: str, *, alone: bool, shared: bool = False) -> Municipality:
    forms = _place(place)
    genitive = forms[Case.GENITIVE]
    kinds = {"miest": ("miesto", "miestas", "mieste"), "rajon": ("rajono", "rajonas", "rajone")}.get(kind, ())
    name = f"{genitive} {kinds[0]} savivaldybė" if kinds else f"{genitive} savivaldybė"
    spoken = [name, *(f"{genitive} {word}" for word in kinds)]
    if alone:
        spoken += [place, forms[Case.LOCATIVE]]
        # "Kauno" and "Kauno savivaldybė" may be the city's or the district's.
        spoken += [] if shared else [genitive, f"{genitive} savivaldybė"]
    return Municipality(name, tuple(dict.fromkeys(said.lower() for said in spoken)))
