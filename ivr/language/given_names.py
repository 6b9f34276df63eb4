"""Common given names of Lithuania, our own list from general knowledge, and their forms.

A public list on purpose: what the line expects to hear must never come from one person's record.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from ivr.language.declension import Forms, decline

_MEN: Final = """
Adas Adomas Aidas Aivaras Aldas Aleksandras Aleksas Aleksejus Alfonsas Alfredas Algimantas Algirdas Algis Almantas
Alvydas Ambraziejus Anatolijus Andrejus Andrius Antanas Anicetas Aras Arijus Armandas Armantas Arnas Arnoldas Aronas
Artūras Arturas Arvydas Arūnas Audrius Augustas Augustinas Aurelijus Aurimas Balys Baltramiejus Bartas Benas
Benediktas Benjaminas Bernardas Bronislovas Bronius Česlovas Dainius Dainoras Dalius Danas Danielius Darijus Darius
Daumantas Deividas Denisas Dmitrijus Dominykas Domantas Domas Donatas Dovydas Edgaras Edmundas Eduardas Edvardas
Edvinas Egidijus Eimantas Eimutis Elijus Emilis Emilijus Erikas Ernestas Eugenijus Evaldas Feliksas Fabijus Gabrielius
Gabrielis Gediminas Genadijus Genius Gerardas Germanas Giedrius Gintaras Gintas Gintautas Ginas Grigorijus Gustas
Gvidas Gytis Haroldas Henrikas Herkus Hubertas Ignas Ignotas Igoris Ilja Irmantas Ivanas Izidorius Jaunius Jaroslavas
Jevgenijus Jogaila Jokūbas Jonas Jonis Juozapas Juozas Julijus Julius Juras Jurgis Jurijus Justas Justinas Kajus
Karolis Karlas Kasparas Kazimieras Kazys Kęstas Kęstutis Kipras Klaidas Klemensas Konstantinas Kostas Kristijonas
Kristupas Kristijanas Laimis Laimonas Laimutis Laurynas Lauras Leonas Leonardas Leonidas Linas Liudas Liudvikas
Liutauras Lukas Maksimas Maksas Mantas Mantvydas Marijonas Marijus Marius Markas Martynas Martinas Matas Mečislovas
Mečys Merūnas Mikas Mikalojus Mykolas Mindaugas Modestas Motiejus Naglis Narimantas Nauris Nerijus Nikita Nikolajus
Nojus Norbertas Normantas Normundas Norvydas Olegas Orestas Oskaras Ovidijus Paulius Pavelas Petras Pijus Povilas
Pranas Pranciškus Raigardas Raimis Raimondas Raimundas Rapolas Ramūnas Redas Regimantas Remigijus Renaldas Renatas
Ričardas Rikardas Rimantas Rimas Rimvydas Robertas Robinas Rokas Rolandas Romanas Romas Romualdas Romutis Ronaldas
Rūtenis Ruslanas Rytis Sakalas Salvijus Samuelis Saulius Sergejus Severinas Sigitas Sigutis Silvestras Simas Simonas
Skirmantas Stanislovas Stasys Stepas Steponas Svajūnas Šarūnas Tadas Tautvydas Tauras Teodoras Teofilis Titas Tomas
Ugnius Urbonas Utenis Vaclovas Vacys Vaidas Vaidotas Vaidilas Vainius Valdas Valdemaras Valentas Valentinas Valerijus
Valerijonas Vasilijus Vergilijus Verneris Viačeslavas Vidas Vidmantas Viktoras Vilhelmas Vilius Vilmantas Vincas
Vincentas Virgilijus Virgis Virginijus Visvaldas Vitalijus Vitalis Vitas Vitoldas Vydas Vygantas Vygaudas Vykantas
Vykintas Vylius Vytaras Vytas Vytautas Vytenis Vladas Vladimiras Vladislavas Vladislovas Zenonas Zigmantas Zigmas
Žanas Žilvinas Žydrius Žydrūnas Žygimantas Žygis Ąžuolas Jonatanas Joris Gantas Danukas Leonis Lėjus Nedas Arminas
Majus Tajus Rojus Jovas Jokimas Dovas Vėjas Aristidas Bernas Edas Dionyzas Eligijus Faustas Gasparas Juvencijus
"""
_WOMEN: Final = """
Adelė Adrija Agnė Agnieška Agota Aida Aistė Akvilė Albina Aldona Aleksandra Alė Alfreda Algė Alicija Alina Alisa Alma
Almina Alvyda Amelija Ana Anastasija Andrėja Anelė Angelė Angelija Anita Antanina Anželika Apolonija Arija Arina
Armina Asta Audra Audronė Augustina Augustė Aurelija Aurika Aurimė Austė Austėja Aušra Aušrinė Auksė Barbora Beata
Beatričė Benedikta Bernadeta Birutė Brigita Bronė Bronislava Dainora Daina Daiva Dalė Dalia Dalytė Danguolė Danutė
Danuta Darija Daria Deimantė Deimilė Diana Digna Donata Dorotėja Dovilė Edita Eglė Ela Elena Eleonora Elija Eliza
Elytė Elžbieta Elzė Ema Emilija Emilė Erika Ernesta Estela Esmeralda Eugenija Eva Evelina Evija Fausta Felicija
Filomena Gabija Gabrielė Galina Gaiva Genė Genovaitė Genutė Gerda Giedra Giedrė Gilija Ginta Gintarė Gitana Goda
Gražina Greta Guoda Hana Helena Henrika Ieva Ignė Ilona Inesa Indrė Inga Ingrida Irena Irina Irma Irmina Irutė Iveta
Izabelė Izolda Jadvyga Janė Janina Jekaterina Jelena Jevgenija Jogailė Jolanta Jolita Joana Jonė Jorė Jorūnė Jovita
Julė Julija Julijona Juliana Jurga Jurgita Jurgė Juozapota Juozė Jūra Jūratė Justė Justina Kamila Kamilė Karina
Karolina Kasparė Kastė Katarina Katažina Katerina Kazimiera Kazė Klara Klaudija Kornelija Kotryna Kristė Kristina
Ksenija Laima Laimutė Larisa Lauryna Laura Lėja Leila Leonora Leokadija Lidija Liepa Lijana Liucija Liuda Liudmila
Liudvika Livija Lilija Liliana Lina Loreta Luknė Luna Magda Magdalena Malvina Marcelė Margarita Marija Marina Marytė
Marta Martyna Matilda Meda Medeinė Meilė Meilutė Melanija Melita Mėta Michalina Miglė Milana Milda Milena Mija
Mingailė Mirga Monika Morta Nadežda Nadia Natalija Natalja Neda Nela Neringa Nika Nijolė Nikolė Nina Nida Nora Norma
Oksana Oktavija Olga Olivija Ona Onutė Ora Otilija Palmira Patricija Paulė Paulina Petrė Petronelė Pranė Radvilė
Raimonda Raminta Ramunė Ramutė Rasa Rasuolė Reda Regina Renata Rima Rimantė Rimutė Rita Roberta Roma Romualda Rosita
Roza Rozalija Rožė Rugilė Rusnė Rūta Salomėja Samanta Sandra Saulė Severija Sigita Sigutė Silva Silvija Simona Skaistė
Skirmantė Smiltė Snieguolė Snežana Sofija Solveiga Sonata Stanislava Stasė Stefanija Sveta Svetlana Svajonė Šarūnė
Šarlotė Tatjana Tautė Tekla Teodora Teresė Toma Uršulė Ugnė Ula Urtė Vaida Vaidilutė Vaiva Valentina Valerija Vanda
Vanesa Varvara Vasara Vasarė Vera Veronika Vėja Vėtra Vida Vidutė Vilė Vilhelmina Vilija Vilma Vilmantė Vilta Viltė
Viktorija Viktė Vincė Vincenta Viola Violeta Virga Virginija Vita Vitalija Viva Vladislava Vladė Vytautė Zina Zinaida
Zita Zofija Zosė Zuzana Žaneta Žana Žara Žemyna Žibutė Žibuoklė Žydra Žydrė Žydrūnė Živilė Žiedė Ąžuolė Elinora Elėja
Gustė Ainė Airė Dija Kotrė Kaja Lukrecija Mėja Tėja Upė
"""

MEN: Final = tuple(dict.fromkeys(_MEN.split()))
WOMEN: Final = tuple(dict.fromkeys(_WOMEN.split()))


@lru_cache(maxsize=1)
def given_names() -> dict[str, Forms]:
    """Every name with its forms by case.

    >>> from ivr.language.declension import Case
    >>> given_names()["Ona"][Case.GENITIVE], given_names()["Jurgis"][Case.DATIVE], len(given_names()) >= 600
    ('Onos', 'Jurgiui', True)
    """
    return {name: decline(name) for name in (*MEN, *WOMEN)}
