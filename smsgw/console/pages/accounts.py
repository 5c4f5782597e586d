"""Accounts: who may sign in, and a new one."""

from flask import request

from smsgw.console.page import act, page
from smsgw.console.visit import Answer, Visit, word
from smsgw.operators import accounts as store_of
from smsgw.operators import manage, passwords
from smsgw.operators.manage import By, New, NotDone
from smsgw.operators.rights import ROLES, role_of

CALLED_LIMIT = manage.LONGEST_NAME + 1  # one more than is taken, so that what is too long is refused and not cut off


@page("/accounts", right="accounts", nav=90)
def accounts(visit: Visit) -> Answer:
    """The list and the form for a new account."""
    return _shown(visit)


@act("/accounts", right="accounts")
def accounts_add(visit: Visit) -> Answer:
    """Make an account, whose password is shown once, on this answer; one that the provider opens has none."""
    name, by = word(request.form, "name", 64), By(visit.actor, visit.reason(), visit.now_ms)
    role = role_of(request.form.get("role", "")) or "viewer"
    called = word(request.form, "called", CALLED_LIMIT)
    password = "" if called else passwords.generated()
    try:
        manage.add(visit.services.store, by, New(name, role, password, called))
    except NotDone as refused:
        return _shown(visit, 422, why=refused.why, tried=name, called=called)
    return _shown(visit, made=name, password=password) if password else visit.go("accounts")


def _shown(visit: Visit, status: int = 200, **values: str) -> Answer:
    with visit.services.store.read() as connection:
        rows = store_of.listed(connection)
    return visit.render("accounts", status, rows=rows, roles=ROLES, provider=visit.desk.provider is not None, **values)
