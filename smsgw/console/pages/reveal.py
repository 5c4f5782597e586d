"""Reveal: personal data of one row shown to this session for a minute, with a reason that is written down."""

import re

from flask import abort, request

from smsgw.console.page import act
from smsgw.console.visit import Answer, Visit
from smsgw.operators import reveals

ABOUT = re.compile(r"[a-z_]{1,20}/[0-9]{1,19}", re.ASCII)


@act("/reveal", right="reveal")
def reveal(visit: Visit) -> Answer:
    """Show the row that the form names, and go back to the page."""
    about, reason = request.form.get("about", ""), visit.reason()
    if not ABOUT.fullmatch(about) or visit.session is None:
        abort(400)
    with visit.services.store.write() as connection:
        reveals.begin(connection, visit.actor, visit.session.id, about, reason, visit.now_ms)
    return visit.back("home")
