"""Account: one account, and what an admin does to it, each with a reason."""

from collections.abc import Callable, Mapping

from flask import abort, request

from smsgw.console.page import act, page
from smsgw.console.pages.accounts import CALLED_LIMIT
from smsgw.console.visit import Answer, Visit, word
from smsgw.operators import accounts, manage, passwords, sessions
from smsgw.operators.accounts import Operator
from smsgw.operators.manage import By, NotDone
from smsgw.operators.rights import ROLES, role_of
from smsgw.store import Store


@page("/accounts/<key:key>", right="accounts")
def account(visit: Visit, key: int) -> Answer:
    """The account and its living sessions."""
    return _shown(visit, _found(visit, key))


@act("/accounts/<key:key>", right="accounts")
def account_change(visit: Visit, key: int) -> Answer:
    """Do what the form says."""
    who, do = _found(visit, key), _ACTS.get(request.form.get("do", ""))
    if do is None:
        abort(400)
    try:
        password = do(visit.services.store, By(visit.actor, visit.reason(), visit.now_ms), who)
    except NotDone as refused:
        return _shown(visit, who, 422, why=refused.why)
    return _shown(visit, _found(visit, key), password=password) if password else visit.go("account", key=key)


def _found(visit: Visit, key: int) -> Operator:
    with visit.services.store.read() as connection:
        found = accounts.by_id(connection, key)
    return found or abort(404)


def _shown(visit: Visit, who: Operator, status: int = 200, **values: str) -> Answer:
    with visit.services.store.read() as connection:
        living = sessions.of_operator(connection, who.id, visit.now_ms)
    given = {"sessions": living, "roles": ROLES, "provider": visit.desk.provider is not None}
    return visit.render("account", status, who=who, **given, **values)


def _role(store: Store, by: By, who: Operator) -> None:
    manage.set_role(store, by, who, role_of(request.form.get("role", "")) or abort(400))


def _password(store: Store, by: By, who: Operator) -> str:
    password = passwords.generated()
    manage.set_password(store, by, who, password)
    return password


def _provider(store: Store, by: By, who: Operator) -> None:
    manage.set_provider_name(store, by, who, word(request.form, "called", CALLED_LIMIT))


# What a form may ask for; what is given back is a password, to be shown once.
_ACTS: Mapping[str, Callable[[Store, By, Operator], str | None]] = {
    "role": _role,
    "password": _password,
    "provider": _provider,
    "close": lambda store, by, who: manage.set_disabled(store, by, who, disabled=True),
    "open": lambda store, by, who: manage.set_disabled(store, by, who, disabled=False),
    "second_factor": lambda store, by, who: manage.set_second_factor(store, by, who, None),
    "sessions": manage.end_sessions,
}
