"""Home: where one arrives: what there is, and how the gateway is, in words."""

from smsgw.console.page import page
from smsgw.console.visit import Answer, Visit


@page("", right="see", nav=10)
def home(visit: Visit) -> Answer:
    """The first page after the sign-in."""
    return visit.render("home")
