"""A small page of our own in the form of the ministry's, with every kind of fault that the importer knows."""

from __future__ import annotations

PAGE = """Užduokite klausimą

*Pažymėti laukai yra privalomi.

Užduoti klausimą
 • Bibliotekos kortelė (nuo 2021 m.) 3
  • 1.

   Ar kortelė brangi?

   Kortelė kainuoja 2,50 Eur, o vaikui iki 14 metų – 1 Eur (Taisyklių 3 straipsnio 2 dalis, įsakymas Nr. V-77).
   \u00a0

   • Prašymą pateikite per 10 darbo dienų.
   • Nuotraukos nereikia.

   1. Ateikite nuo 8 val.
   2. Pasirašykite.

   Atnaujinta: 2021 03 05

  • 2.

   Ar reikia kortelės
\x20\x20\x20\x20

   Taip, reikia reikia.Kortelė galioja 12 mėn. Iki 2014 01 01 buvo kitaip, kaip ir dabar. Žr. http://knygos.example:8090

   Atnaujinta: 2021 03 05

  • 3.

   Kas išduoda kortelę?

 • Knygų nuoma 3
  • 1.

   Kiek knygų galima pasiimti?

   Iš viso (5x2) – 1 knygos, lentynoje 3 m2. Svetainė -> Nuoma.

   Atnaujinta: 2021 04 01

  • 3.

   Ką daryti, jei knyga pamesta?

   * sumokėti 20 proc. kainos;

   Atnaujinta: 2021 04 02
"""
