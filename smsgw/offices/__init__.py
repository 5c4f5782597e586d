"""The branch offices: which there are, in which city, under which names people know it, and where that is sourced."""

from smsgw.offices.loading import COLUMNS, load, source
from smsgw.offices.table import Office, Offices

__all__ = ["COLUMNS", "Office", "Offices", "load", "source"]
