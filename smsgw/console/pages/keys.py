"""Keys: what the keyboard does."""

from smsgw.console.page import page
from smsgw.console.visit import Answer, Visit


@page("/keys", right=None)
def keys(visit: Visit) -> Answer:
    """The list behind `?`."""
    return visit.render("keys")
