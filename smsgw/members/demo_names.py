"""Names of demo people: many ways of naming, single words, long ones, letters beyond ASCII."""

from importlib.resources import files
from random import Random


def _shelf() -> dict[str, list[str]]:
    text = files("smsgw.members").joinpath("demo_names.txt").read_text(encoding="utf-8")
    sections = (section.partition("]") for section in text.split("[") if section)
    return {title: words.split() for title, _, words in sections}


_SHELF = _shelf()
_TITLES_MEN = ("I Gusti Ngurah", "I Gede", "I Wayan", "Anak Agung Gde", "Raden Mas", "Tubagus", "Teuku", "Andi", "Haji")
_TITLES_WOMEN = ("Ni Luh", "Ni Made", "Anak Agung Istri", "Raden Ajeng", "Cut", "Andi", "Hajjah", "Raden Roro", "Ratu")


def name(dice: Random, woman: bool) -> str:
    """An invented name in capitals, as membership data has it."""
    roll, first = dice.random(), _pick(dice, _SHELF["women"] if woman else _SHELF["men"])
    if roll < 0.62:
        found = f"{first} {_pick(dice, _SHELF['last'])}"
    elif roll < 0.80:
        found = f"{first} {_pick(dice, _SHELF['women'] if woman else _SHELF['men'])} {_pick(dice, _SHELF['last'])}"
    elif roll < 0.90:
        found = _pick(dice, _SHELF["alone"])
    elif roll < 0.94:
        found = f"{_pick(dice, _TITLES_WOMEN if woman else _TITLES_MEN)} {first} {_pick(dice, _SHELF['last'])}"
    elif roll < 0.98:
        found = f"{first} {_pick(dice, _SHELF['beyond'])}"
    else:
        found = _long(dice, woman, first)
    return found.upper()


def _long(dice: Random, woman: bool, first: str) -> str:
    middle = " ".join(_pick(dice, _SHELF["last"]) for _ in range(3 + int(dice.random() * 3)))
    return f"{_pick(dice, _TITLES_WOMEN if woman else _TITLES_MEN)} {first} {middle} {_pick(dice, _SHELF['beyond'])}"


def _pick(dice: Random, words: list[str] | tuple[str, ...]) -> str:
    return words[int(dice.random() * len(words))]


_TRADES = ("", "", "", " Tekstil", " Garmen", " Logistik", " Konstruksi", " Pangan", " Kimia", " Sawit")


def employer(dice: Random) -> str:
    """An invented employer in capitals."""
    words = _SHELF["employers"]
    kind = "PT" if dice.random() < 0.7 else "CV"
    first, further = int(dice.random() * len(words)), 1 + int(dice.random() * (len(words) - 1))
    return f"{kind} {words[first]} {words[(first + further) % len(words)]}{_pick(dice, _TRADES)}".upper()
