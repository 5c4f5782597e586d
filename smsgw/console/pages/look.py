"""Look: language, time zone and colours of this browser."""

from flask import g, request

from smsgw.console.look import look_of
from smsgw.console.page import act
from smsgw.console.visit import Answer, Visit


@act("/look", right=None)
def look(visit: Visit) -> Answer:
    """Keep the choice in a cookie and go back."""
    visit.look = look_of(*(request.form.get(name, "") for name in ("language", "zone", "theme")))
    g.look_chosen = True
    return visit.back("home")
