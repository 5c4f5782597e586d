"""Me: one's own password, second factor and sessions."""

import time
from collections.abc import Callable

from flask import abort, request

from smsgw.console.page import act, page
from smsgw.console.visit import Answer, Visit
from smsgw.operators import door, manage, sessions, totp
from smsgw.operators.manage import By, NotDone
from smsgw.operators.sessions import Session

RECENT_MS = 5 * 60_000


@page("/me", right="see")
def me(visit: Visit) -> Answer:
    """What one may change of oneself."""
    return _shown(visit)


@act("/me/password", right="see")
def me_password(visit: Visit) -> Answer:
    """Another password; every other session ends."""
    mine, new = _session(visit), request.form.get("new", "")
    if mine.operator.provider_name is not None:  # what an admin decided is not undone by its owner
        return _shown(visit, 422, why="provider")
    return _done(visit, lambda: manage.set_password(visit.services.store, _by(visit), mine.operator, new, mine.id))


@act("/me/second-factor", right="see")
def me_second_factor(visit: Visit) -> Answer:
    """Ask for codes from now on, once the first one was right."""
    mine, secret = _session(visit), request.form.get("secret", "")
    if not totp.is_secret(secret):
        abort(400)

    def change() -> None:
        step = totp.accepted_step(secret, request.form.get("code", ""), 0, time.time())
        if step is None:
            raise NotDone("code")
        manage.set_second_factor(visit.services.store, _by(visit), mine.operator, secret, step)

    return _done(visit, change, secret)


@act("/me/second-factor/off", right="see")
def me_second_factor_off(visit: Visit) -> Answer:
    """Ask for no code any more."""
    mine = _session(visit)
    return _done(visit, lambda: manage.set_second_factor(visit.services.store, _by(visit), mine.operator, None))


@act("/me/sessions", right="see")
def me_sessions(visit: Visit) -> Answer:
    """End one other session, or all of them."""
    mine, one = _session(visit), request.form.get("session", "")
    if one.isdecimal() and one.isascii():
        with visit.acting("session_ended", f"operator/{mine.operator.id}") as connection:
            sessions.end(connection, mine.operator.id, int(one))
    else:
        manage.end_sessions(visit.services.store, _by(visit), mine.operator, mine.id)
    return visit.go("me")


def _done(visit: Visit, change: Callable[[], object], secret: str = "") -> Answer:
    """Change something, where it is the owner who asks: an open screen alone changes nothing."""
    try:
        _require_owner(visit)
        change()
    except NotDone as refused:
        return _shown(visit, 422, secret=secret, why=refused.why)
    return visit.go("me")


def _require_owner(visit: Visit) -> None:
    """NotDone where the form lacks the present password; where there is none, a sign-in of a moment ago does."""
    mine = _session(visit)
    if mine.operator.provider_name is not None:
        if visit.now_ms - mine.began_at >= RECENT_MS:
            raise NotDone("recent")
        return
    tried = door.Tried(mine.operator.name, request.form.get("password", ""), "", visit.address)
    if not door.knows(visit.services.store, tried, visit.now_ms):
        raise NotDone("password")


def _shown(visit: Visit, status: int = 200, secret: str = "", why: str = "") -> Answer:
    mine, secret = _session(visit), secret or totp.new_secret()
    with visit.services.store.read() as connection:
        living = sessions.of_operator(connection, mine.operator.id, visit.now_ms)
    link = totp.link(secret, mine.operator.name)
    return visit.render("me", status, sessions=living, secret=secret, link=link, why=why)


def _session(visit: Visit) -> Session:
    return visit.session or abort(403)


def _by(visit: Visit) -> By:
    return By(visit.actor, "", visit.now_ms)
