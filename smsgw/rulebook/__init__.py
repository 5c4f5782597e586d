"""The facts that change with time: rates, caps, ages, amounts and times, each with its day, source and confidence."""

from smsgw.rulebook.book import Row, Rulebook, RulesOn
from smsgw.rulebook.loading import COLUMNS, load, source

__all__ = ["COLUMNS", "Row", "Rulebook", "RulesOn", "load", "source"]
