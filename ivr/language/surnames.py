"""Common surnames of Lithuania, our own list from general knowledge; women's forms are made by rule.

A public list on purpose: what the line expects to hear must never come from one person's record.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from ivr.language.declension import Forms, decline

_MEN: Final = """
Kazlauskas Jankauskas Petrauskas Stankevičius Vasiliauskas Žukauskas Butkus Paulauskas Urbonas Kavaliauskas Navickas
Ramanauskas Rimkus Žilinskas Šimkus Baranauskas Pocius Norkus Stonkus Žemaitis Kaminskas Bagdonas Kairys Sakalauskas
Lukoševičius Mikalauskas Jonaitis Petraitis Juška Dambrauskas Vaitkus Kučinskas Mickevičius Adomaitis Gudaitis
Tamošiūnas Balčiūnas Morkūnas Rutkauskas Sinkevičius Mačiulis Karpavičius Jasiūnas Bernotas Gricius Čepulis Jurevičius
Vitkauskas Šukys Žalys Zabarauskas Lukauskas Matulis Narbutas Motiejūnas Ambrazevičius Andriulis Andrijauskas
Antanaitis Armonas Arlauskas Astrauskas Augutis Bakanas Bakšys Balsys Baltrūnas Baltušis Banionis Banys Barauskas
Barkauskas Barkus Bartkus Bartulis Basanavičius Beinoras Benetis Beržinis Bielskis Bielinis Bilevičius Binkis Blažys
Blažaitis Blaževičius Brazauskas Brazdžionis Brazaitis Bružas Bubnys Budrys Bukauskas Bumblauskas Burba Burneika
Butautas Butkevičius Butrimas Černiauskas Česnulis Čižas Čiurlionis Dagys Dailidė Danilevičius Darulis Daugėla
Daukantas Dauksas Daukša Deveikis Diržys Dobrovolskis Dovydaitis Dragūnas Drungilas Dubauskas Eidukas Eidukevičius
Eimutis Gabrys Gabrilavičius Gaidys Gailius Gaigalas Galdikas Galinis Galvydis Gasiūnas Gavėnas Gedvilas Geležinis
Germanavičius Giedraitis Girdauskas Girdzijauskas Girnius Gliaudys Godlevskis Grabauskas Grigaitis Grigas Grigonis
Griškevičius Gruodis Grinius Grybas Gudas Gudavičius Gudelis Guobys Gustas Ignatavičius Ivanauskas Ivaškevičius
Jablonskis Jakaitis Jakštas Jakubauskas Jakutis Janavičius Jankevičius Janulis Januškevičius Januškis Janušauskas
Jarašius Jasaitis Jasinskas Jaskutis Jocius Jokūbaitis Jokubauskas Jonauskas Jonikas Jonušas Juknevičius Jucevičius
Juodis Juodka Jurgaitis Jurgelevičius Jurgutis Jurkus Jurša Kalinauskas Kalvaitis Karalius Karaliūnas Karosas
Kasparavičius Katilius Katkus Kaupas Kazakevičius Kazakauskas Kaušpėdas Kelpšas Keršys Kybartas Kiela Kiškis Klimas
Klimavičius Klimka Kondratas Končius Korsakas Kontrimas Kriaučiūnas Krikščiūnas Krasauskas Krivickas Krušinskas
Kubilius Kudirka Kučas Kukta Kuliešius Kulikauskas Kuncevičius Kunigonis Kuprys Kurlavičius Kuzma Kuzmickas Kvedaras
Labanauskas Landsbergis Lapinskas Lapėnas Laucius Laurinaitis Laurinavičius Lazauskas Leonavičius Leščinskas Levickas
Linkevičius Liutkus Liubinas Lingys Lukošius Lukaitis Lukšas Mačys Mačiukas Macijauskas Majauskas Makauskas Maksvytis
Malakauskas Malinauskas Malūkas Mankevičius Margelis Marcinkevičius Marcinkus Markevičius Markauskas Martinaitis
Martinkus Masiulis Masaitis Matijošaitis Matulaitis Matulevičius Matulionis Matusevičius Maziliauskas Mažeika Mažuika
Mažeikis Meškauskas Mikelionis Mikalajūnas Mikaitis Mikėnas Mikšys Mikulėnas Milašius Milius Miliauskas Miknevičius
Milkintas Miškinis Misevičius Misiūnas Mockus Morkus Mikutis Naujokas Naujalis Nainys Narkevičius Naruševičius Navakas
Navikas Nekrašius Neverauskas Noreika Norkevičius Norvaišas Norvaiša Noreikis Olšauskas Orlovas Ostrauskas Pabarčius
Pakalnis Paliulis Palionis Palubinskas Parulis Pašakarnis Paškevičius Paukštys Paulikas Paužuolis Pečiulis Perminas
Petkevičius Petkus Petronis Petrulis Petrutis Pilipavičius Plečkaitis Pranckevičius Povilaitis Povilonis Poška
Puidokas Pupelis Puodžiūnas Račkauskas Račys Radavičius Radvila Radzevičius Ragauskas Raila Ramonas Rapalis Raudonis
Rauktys Raudonikis Razmas Repšys Remeika Rimša Rimkevičius Rinkevičius Rudys Rudzevičius Ruzgys Rusteika Sabaliauskas
Sabaitis Sabonis Sadauskas Saikauskas Sakalas Samuolis Samulis Savickas Senkus Serapinas Simanavičius Simonaitis
Simutis Sinkus Sirutis Skardžius Skučas Skirmantas Skripkauskas Skuodis Sližys Slavinskas Smetona Sodeika Stakauskas
Stanaitis Stankus Staniulis Stasiulis Stašaitis Stašys Statkevičius Steponaitis Steponavičius Stonys Strazdas
Stravinskas Stulpinas Sungaila Surgailis Survila Sutkus Svirskis Šablinskas Šakalys Šaltenis Šarka Šatas Šeputis
Šerėnas Šerpytis Šiaulys Šidlauskas Šileika Šimaitis Šimkevičius Šimonis Šiurkus Škėma Šliažas Špokas Štaras
Štombergas Šulcas Šulskis Švedas Švažas Švilpa Tamulis Tamulevičius Tamulaitis Taraškevičius Tarasevičius Tautkus
Tomkus Trimonis Trumpa Tumas Tumėnas Tunkevičius Tubelis Tučkus Ulevičius Uloza Urbanavičius Urbelis Urbšys Urbaitis
Užkuraitis Ūsas Ūselis Vaicekauskas Vaičiulis Vaičiūnas Vaičys Vainauskas Vaišvila Vaitiekūnas Vaitkevičius Valaitis
Valančius Valantinas Valentinavičius Valiulis Valiukas Valinskas Valutis Varnas Varanauskas Vasaris Vasilevskis
Vasiukevičius Venckus Venclova Venskus Vėbra Vyšniauskas Vizbaras Vileikis Vilimas Vilkas Viluckas Visockas Vitkus
Vitkevičius Voveris Zabiela Zaleckas Zalatorius Zaremba Zdanevičius Zykus Zinkevičius Zubrickas Žebrauskas Žebrys
Žalandauskas Žemgulys Žickis Žiemelis Žiogas Žymantas Žygas Žvirblis Ivanovas Petrovas Popovas Smirnovas Kuznecovas
Vasiljevas Novikovas Volkovas Sokolovas Pavlovas Michailovas Fiodorovas Morozovas Romanovas Aleksandravičius
Bogdanovičius Voitkevičius Voinickis Kovalevskis Lebedevas Michalkevičius Olechnovičius Rynkevičius Sakovičius
Sadovskis Tomaševičius Šimanskis Zacharevičius Adamonis Abromavičius Abramavičius Abromaitis Aleknavičius Alekna
Ališauskas Ališkevičius Ambrulevičius Aukštuolis Aštrauskas Bačkus Bartkevičius Baužys Bieliauskas
"""

MEN: Final = tuple(dict.fromkeys(_MEN.split()))
# Ending of the man's surname → endings of wife's, daughter's and the short form that belongs to no status.
_WOMENS: Final = {
    "ius": ("ienė", "iūtė", "ė"),
    "us": ("ienė", "utė", "ė"),
    "as": ("ienė", "aitė", "ė"),
    "is": ("ienė", "ytė", "ė"),
    "ys": ("ienė", "ytė", "ė"),
    "a": ("ienė", "aitė", "ė"),
    "ė": ("ienė", "aitė", "ė"),
}


def womens_forms(surname: str) -> tuple[str, str, str]:
    """Wife's, daughter's and short surname of a man's; raises ValueError for endings that have none.

    >>> womens_forms("Kazlauskas")
    ('Kazlauskienė', 'Kazlauskaitė', 'Kazlauskė')
    >>> womens_forms("Stankevičius")[1], womens_forms("Butkus")[1], womens_forms("Žemaitis")[1]
    ('Stankevičiūtė', 'Butkutė', 'Žemaitytė')
    >>> womens_forms("Naujalis")[0], womens_forms("Mažeika")[:2], womens_forms("Ivanovas")
    ('Naujalienė', ('Mažeikienė', 'Mažeikaitė'), ('Ivanovienė', 'Ivanovaitė', 'Ivanova'))
    """
    for ending, (wife, daughter, short) in _WOMENS.items():
        if surname.endswith(ending):
            stem = surname.removesuffix(ending)
            if surname.endswith(("ovas", "evas")):
                short = "a"  # Slavic surnames keep their own feminine
            return stem + wife, stem + daughter, stem + short
    raise ValueError(f"{surname!r} has no woman's form by rule")


@lru_cache(maxsize=1)
def surnames() -> dict[str, Forms]:
    """Every surname, men's and women's, with its forms by case.

    >>> from ivr.language.declension import Case
    >>> surnames()["Petraitis"][Case.GENITIVE], surnames()["Butkienė"][Case.ACCUSATIVE], len(surnames()) > 1500
    ('Petraičio', 'Butkienę', True)
    """
    found: dict[str, Forms] = {}
    for man in MEN:
        for name in (man, *womens_forms(man)):
            found.setdefault(name, decline(name))
    return found
