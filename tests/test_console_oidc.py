"""Signing in at the identity provider, against one on loopback: who comes in, and what a liar in between meets."""

import hmac
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from joserfc import jwt
from pydantic import SecretStr, ValidationError
from sqlalchemy import select
from werkzeug.test import TestResponse

from smsgw.config import Settings
from smsgw.console.pages import oidc as page_of
from smsgw.console.words import catalogue
from smsgw.errors import StartupError
from smsgw.operators import accounts, oidc, proven, sessions, tries
from smsgw.operators.oidc import Person
from smsgw.operators.proven import Arrival, NotLetIn
from smsgw.operators.provider import AT_ONCE, Authlib
from smsgw.operators.rights import Role
from smsgw.operators.tables import audit, operators
from smsgw.store import Store
from tests.support import provider as stand_in
from tests.support.console import Browser, Console
from tests.support.provider import CLIENT, SECRET, Claims, StandIn, key, page, signed

START = "/sign-in/oidc"
MINUTE = 60_000


@dataclass(frozen=True)
class Meeting:
    """A console, and the provider of its settings."""

    console: Console
    provider: StandIn

    def account(self, name: str = "rina", called: str | None = "rina", role: Role = "viewer") -> int:
        """An account that is opened by the provider for whom it calls so."""
        with self.console.services.store.write() as connection:
            made = accounts.add(connection, name, role, "", 0, called)
        assert made is not None
        return made

    def back(self, browser: Browser, path: str = START) -> str:
        """The address that the provider sends a browser back to: a path under /console."""
        parts = urlsplit(self.provider.send_back(browser.get(path).headers["Location"]))
        return f"{parts.path.removeprefix('/console')}?{parts.query}"

    def sign_in(self, browser: Browser, path: str = START) -> TestResponse:
        """All the way there and back."""
        return browser.get(self.back(browser, path))

    def rows(self) -> list[tuple[str, str, str]]:
        """The audit log: who, what, and why."""
        with self.console.services.store.read() as connection:
            chosen = select(audit.c.actor, audit.c.act, audit.c.reason).order_by(audit.c.id)
            return [(actor, act, reason or "") for actor, act, reason in connection.execute(chosen)]


def over(console: Console, provider: StandIn, **changes: object) -> Meeting:
    """A console with the provider in its settings, and these changes."""
    given = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SecretStr(SECRET)}
    settings = console.services.settings.model_copy(update=given | changes)
    return Meeting(Console(replace(console.services, settings=settings)), provider)


@pytest.fixture
def provider() -> Iterator[StandIn]:
    with stand_in.provider() as made:
        yield made


@pytest.fixture
def meeting(console: Console, provider: StandIn) -> Meeting:
    return over(console, provider)


def is_in(browser: Browser) -> bool:
    return browser.get("").status_code == 200


def test_whom_the_provider_names_comes_in(meeting: Meeting) -> None:
    meeting.account()
    browser = meeting.console.browser()
    answer = meeting.sign_in(browser)
    assert (answer.status_code, answer.headers["Location"], is_in(browser)) == (303, "/console", True)
    assert meeting.rows() == [("rina", "provider_bound", "OIDC"), ("rina", "sign_in", "OIDC")]


def test_the_button_is_there_where_there_is_a_provider(console: Console, meeting: Meeting) -> None:
    assert 'href="/console/sign-in/oidc"' in meeting.console.browser().get("/sign-in").text
    assert "/sign-in/oidc" not in console.browser().get("/sign-in").text
    assert [console.browser().get(path).status_code for path in (START, f"{START}/callback")] == [404, 404]


def test_the_browser_is_sent_with_pkce_state_and_nonce_to_come_back_to_the_public_address(meeting: Meeting) -> None:
    answer = meeting.console.browser().get(START, headers={"Host": "evil.example"})
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    assert asked["redirect_uri"] == "https://sms.example.id/console/sign-in/oidc/callback"
    assert (asked["code_challenge_method"], asked["scope"]) == ("S256", "openid profile")
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert SECRET not in answer.headers["Location"]


WANTED = [
    ("/console/audit?act=reveal", "/console/audit?act=reveal"),
    ("//evil.example", "/console"),
    ("https://evil.example/console", "/console"),
    ("/console\\@evil.example", "/console"),
    ("/console/" + "a" * page_of.BACK_LIMIT, "/console"),
]


@pytest.mark.parametrize(("wanted", "led"), WANTED)
def test_the_way_back_is_kept_inside_the_console(meeting: Meeting, wanted: str, led: str) -> None:
    meeting.account()
    browser = meeting.console.browser()
    path = meeting.console.browser().client.application.url_map.bind("").build("console.oidc", {"next": wanted})
    assert meeting.sign_in(browser, path.removeprefix("/console")).headers["Location"] == led


def test_the_session_has_a_new_id_and_the_limits_of_any_other(meeting: Meeting) -> None:
    meeting.account()
    browser = meeting.console.browser()
    browser.client.set_cookie("smsgw_console", "chosen-by-somebody-else", path="/console")
    meeting.sign_in(browser)
    cookie = browser.client.get_cookie("smsgw_console", path="/console")
    assert cookie is not None
    assert (len(cookie.value) >= 43, cookie.value != "chosen-by-somebody-else") == (True, True)
    meeting.console.services.clock.move(sessions.IDLE_MS + MINUTE)
    assert not is_in(browser)


HS256 = urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').decode().rstrip("=")
NO_ALGORITHM = urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")


def none(claims: Claims) -> str:
    return f"{NO_ALGORITHM}.{signed(claims).split('.')[1]}."


def by_public_key(claims: Claims) -> str:
    # By hand: the library refuses to make what an attacker would.
    body = f"{HS256}.{signed(claims).split('.')[1]}"
    mac = hmac.digest(key("one").as_pem(private=False), body.encode(), "sha256")
    return f"{body}.{urlsafe_b64encode(mac).decode().rstrip('=')}"


def by_strangers_key(claims: Claims) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key("stranger"))


def by_key_in_the_header(claims: Claims) -> str:
    header = {"alg": "RS256", "kid": "one", "jwk": key("stranger").as_dict(private=False)}
    return jwt.encode(header, claims, key("stranger"))


def tampered(claims: Claims) -> str:
    head, _, signature = signed(claims).split(".")
    return f"{head}.{signed(claims | {'preferred_username': 'admin'}).split('.')[1]}.{signature}"


NOW = int(time.time())
BAD_TOKENS: dict[str, Claims] = {
    "of another nonce": {"claims": {"nonce": "another"}},
    "without nonce": {"claims": {"nonce": None}},
    "for another client": {"claims": {"aud": "another"}},
    "for no client": {"claims": {"aud": None}},
    "for two, given to the other": {"claims": {"aud": [CLIENT, "another"], "azp": "another"}},
    "for two, given to nobody": {"claims": {"aud": [CLIENT, "another"]}},
    "of another issuer": {"claims": {"iss": "https://evil.example"}},
    "of no issuer": {"claims": {"iss": None}},
    "expired": {"claims": {"exp": NOW - 120, "iat": NOW - 400}},
    "never expiring": {"claims": {"exp": None}},
    "not valid yet": {"claims": {"nbf": NOW + 6_000}},
    "without subject": {"claims": {"sub": None}},
    "of an empty subject": {"claims": {"sub": ""}},
    "of a subject that is no text": {"claims": {"sub": 7}},
    "of a subject too long": {"claims": {"sub": "s" * 256}},
    "of a name that is no text": {"claims": {"preferred_username": ["rina"]}},
    "of another access token": {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
    "signed by alg none": {"sign": none},
    "signed with the public key as secret": {"sign": by_public_key},
    "signed with a stranger's key": {"sign": by_strangers_key},
    "signed with a key in its header": {"sign": by_key_in_the_header},
    "signed with a key of no name": {"sign": lambda claims: signed(claims, "unpublished")},
    "changed after it was signed": {"sign": tampered},
    "that is none": {"sign": lambda claims: "not.a.token"},
    "that was left out": {"answer": lambda token: {"access_token": "opaque", "token_type": "Bearer"}},
    "that is no object": {"answer": lambda token: ["a", "list"]},
    "that is no JSON": {"answer": lambda token: page(200)},
    "that leads elsewhere": {"answer": lambda token: ("", 302, {"Location": "https://evil.example/token"})},
}


@pytest.mark.parametrize("spoilt", BAD_TOKENS.values(), ids=list(BAD_TOKENS))
def test_a_token_that_cannot_be_trusted_lets_nobody_in(
    meeting: Meeting, spoilt: Claims, capfd: pytest.CaptureFixture[str]
) -> None:
    meeting.account()
    for name, value in spoilt.items():
        setattr(meeting.provider, name, value)
    browser = meeting.console.browser()
    answer = meeting.sign_in(browser)
    assert (answer.status_code, "tidak bisa dipercaya" in answer.text, is_in(browser)) == (403, True, False)
    assert meeting.rows() == []
    logged = "".join(capfd.readouterr())
    assert '"event": "oidc_failed"' in logged
    assert '"why": "answer"' in logged
    assert [word for word in (SECRET, "opaque", "eyJ", "rina") if word in logged] == []


BAD_DOCUMENTS: dict[str, Claims] = {
    "another issuer": {"issuer": "https://evil.example"},
    "a slash too many": {"issuer": "{issuer}/"},
    "keys in the clear": {"jwks_uri": "http://evil.example/keys"},
    "tokens in the clear": {"token_endpoint": "http://evil.example/token"},
    "a place that is none": {"authorization_endpoint": "javascript:alert(1)"},
    "no place": {"authorization_endpoint": None},
}


@pytest.mark.parametrize("spoilt", BAD_DOCUMENTS.values(), ids=list(BAD_DOCUMENTS))
def test_a_document_that_cannot_be_trusted_sends_nobody_there(meeting: Meeting, spoilt: Claims) -> None:
    issuer = meeting.provider.issuer
    meeting.provider.document = {name: value and value.format(issuer=issuer) for name, value in spoilt.items()}
    answer = meeting.console.browser().get(START)
    assert (answer.status_code, "tidak bisa dipercaya" in answer.text) == (403, True)


ERRORS = [("access_denied", "tidak mengizinkan"), ("server_error", "tidak bisa dipercaya"), ("<b>", "dipercaya")]


@pytest.mark.parametrize(("error", "words"), ERRORS)
def test_an_error_of_the_provider_is_said_kindly(meeting: Meeting, error: str, words: str) -> None:
    meeting.provider.error = error
    answer = meeting.sign_in(meeting.console.browser())
    assert (answer.status_code, words in answer.text, "<b>" in answer.text) == (403, True, False)
    assert "/token" not in meeting.provider.asked


def test_a_state_of_another_browser_is_refused(meeting: Meeting) -> None:
    meeting.account()
    theirs = meeting.back(meeting.console.browser())
    victim = meeting.console.browser()
    victim.get("/sign-in")
    for _ in range(2):  # without a sign-in of its own under way, and with one
        answer = victim.get(theirs)
        assert (answer.status_code, "peramban lain" in answer.text, is_in(victim)) == (403, True, False)
        victim.get(START)
    assert "/token" not in meeting.provider.asked


@pytest.mark.parametrize("state", ["", "x", "ä", "AAAA", "A" * 200, "%00"])
def test_a_state_that_is_none_is_refused(meeting: Meeting, state: str) -> None:
    browser = meeting.console.browser()
    browser.get(START)
    answer = browser.get(f"{START}/callback?code=x&state={state}")
    assert (answer.status_code, "kedaluwarsa" in answer.text) == (403, True)


def test_a_state_lasts_ten_minutes(meeting: Meeting) -> None:
    meeting.account()
    browser = meeting.console.browser()
    path = meeting.back(browser)
    meeting.console.services.clock.move(page_of.STATE_MS)
    assert "kedaluwarsa" in browser.get(path).text
    assert meeting.sign_in(browser).status_code == 303


def test_a_code_counts_once(meeting: Meeting) -> None:
    meeting.account()
    browser = meeting.console.browser()
    path = meeting.back(browser)
    meeting.provider.sign = none
    assert browser.get(path).status_code == 403
    meeting.provider.sign = signed
    assert "dipercaya" in browser.get(path).text  # the provider has given the token out already


def test_the_way_back_leads_in_once(meeting: Meeting) -> None:
    meeting.account()
    browser = meeting.console.browser()
    path = meeting.back(browser)
    assert browser.get(path).status_code == 303
    assert browser.get(path).headers["Location"] == "/console"  # who is in already stays who they are
    browser.post("/sign-out")
    assert (browser.get(path).status_code, is_in(browser)) == (403, False)


def test_who_is_in_is_not_made_somebody_else(meeting: Meeting) -> None:
    meeting.account()
    budi = meeting.console.browser()
    path = meeting.back(budi)
    meeting.console.account("budi", "viewer")
    budi.sign_in("budi")
    assert budi.get(path).headers["Location"] == "/console"
    assert budi.get(START).headers["Location"] == "/console"
    assert "budi" in budi.get("").text


ISSUERS: list[tuple[Claims, Claims, int]] = [
    ({}, {}, 303),
    ({}, {"iss": "{issuer}"}, 303),
    ({}, {"iss": "https://evil.example"}, 403),
    ({"authorization_response_iss_parameter_supported": True}, {"iss": "{issuer}"}, 303),
    ({"authorization_response_iss_parameter_supported": True}, {}, 403),
]


@pytest.mark.parametrize(("document", "extra", "status"), ISSUERS)
def test_a_code_of_another_provider_is_not_taken_to_ours(
    meeting: Meeting, document: Claims, extra: Claims, status: int
) -> None:
    meeting.account()
    meeting.provider.document = document
    meeting.provider.extra = {name: value.format(issuer=meeting.provider.issuer) for name, value in extra.items()}
    assert meeting.sign_in(meeting.console.browser()).status_code == status
    assert ("/token" in meeting.provider.asked) is (status == 303)


def close(meeting: Meeting) -> None:
    with meeting.console.services.store.write() as connection:
        connection.execute(operators.update().values(disabled_at=1))


def lock(meeting: Meeting) -> None:
    with meeting.console.services.store.write() as connection:
        for _ in range(tries.FREE["account"]):
            tries.taken(connection, "account", "rina", meeting.console.services.clock.now_ms())


def lock_address(meeting: Meeting) -> None:
    with meeting.console.services.store.write() as connection:
        for _ in range(tries.FREE["address"]):
            tries.taken(connection, "address", "127.0.0.1", meeting.console.services.clock.now_ms())


def take(meeting: Meeting) -> None:
    meeting.sign_in(meeting.console.browser())
    meeting.provider.who = {"sub": "another person", "preferred_username": "rina"}


def rename(name: str) -> Callable[[Meeting], None]:
    return lambda meeting: meeting.provider.who.update(preferred_username=name)


ALIKE = "rin\u0430"  # a Cyrillic letter
TURNED_AWAY: dict[str, tuple[Callable[[Meeting], None], str, tuple[str, str, str] | None]] = {
    "unknown": (rename("budi"), "belum ada akun", ("(oidc)", "sign_in_failed", "OIDC: unknown: budi")),
    "in another case": (rename("Rina"), "belum ada akun", ("(oidc)", "sign_in_failed", "OIDC: unknown: Rina")),
    "with a space": (rename("rina "), "belum ada akun", ("(oidc)", "sign_in_failed", "OIDC: unknown: rina ")),
    "that looks alike": (
        rename(ALIKE),
        "belum ada akun",
        ("(oidc)", "sign_in_failed", f"OIDC: unknown: {ALIKE}"),
    ),
    "closed": (close, "ditutup", ("rina", "sign_in_failed", "OIDC: closed: rina")),
    "locked": (lock, "Terlalu cepat", None),
    "from a locked address": (lock_address, "Terlalu cepat", None),
    "another of that name": (take, "orang lain", ("rina", "sign_in_failed", "OIDC: other: rina")),
}


@pytest.mark.parametrize(("before", "words", "row"), TURNED_AWAY.values(), ids=list(TURNED_AWAY))
def test_who_may_not_come_in_is_told_why_and_recorded(
    meeting: Meeting, before: Callable[[Meeting], None], words: str, row: tuple[str, str, str] | None
) -> None:
    meeting.account()
    before(meeting)
    already = meeting.rows()
    browser = meeting.console.browser()
    answer = meeting.sign_in(browser)
    assert (answer.status_code, words in answer.text, is_in(browser)) == (403, True, False)
    assert meeting.rows()[len(already) :] == ([row] if row else [])
    with meeting.console.services.store.read() as connection:
        assert len(accounts.listed(connection)) == 1


def test_an_account_with_a_password_is_not_opened_by_the_provider(meeting: Meeting) -> None:
    meeting.console.account("rina", "admin")
    assert "belum ada akun" in meeting.sign_in(meeting.console.browser()).text


@pytest.mark.parametrize("password", ["", "x", "$argon2id$"])
def test_an_account_of_the_provider_is_opened_by_no_password(meeting: Meeting, password: str) -> None:
    meeting.account()
    assert meeting.console.browser().sign_in("rina", password).status_code == 403


def test_who_is_renamed_at_the_provider_is_still_the_same(meeting: Meeting) -> None:
    meeting.account()
    meeting.account("budi", "budi", "admin")
    meeting.sign_in(meeting.console.browser())
    meeting.provider.who["preferred_username"] = "budi"
    browser = meeting.console.browser()
    meeting.sign_in(browser)
    assert meeting.rows()[-1] == ("rina", "sign_in", "OIDC")
    assert browser.get("/accounts").status_code == 403


def test_an_account_is_given_to_another_person_by_an_admin(meeting: Meeting) -> None:
    key = meeting.account()
    take(meeting)
    with meeting.console.services.store.write() as connection:
        assert accounts.set_provider_name(connection, key, "rina", 0)
    assert meeting.sign_in(meeting.console.browser()).status_code == 303


EMAIL = "rina@example.id"
NAMED: list[tuple[str, Claims, int]] = [
    ("email", {"email": EMAIL, "email_verified": True}, 303),
    ("email", {"email": EMAIL, "email_verified": False}, 403),
    ("email", {"email": EMAIL, "email_verified": "true"}, 403),
    ("email", {"email": EMAIL}, 403),
    ("email", {"email_verified": True}, 403),
    ("preferred_username", {"preferred_username": EMAIL}, 303),
    ("preferred_username", {"email": EMAIL, "email_verified": True}, 403),
    ("sub", {"sub": EMAIL}, 303),
]


@pytest.mark.parametrize(("claim", "who", "status"), NAMED)
def test_an_operator_is_named_by_one_claim(
    console: Console, provider: StandIn, claim: str, who: Claims, status: int
) -> None:
    meeting = over(console, provider, oidc_claim=claim)
    meeting.account(called=EMAIL)
    provider.who = {"sub": "8f1c"} | who
    answer = meeting.sign_in(meeting.console.browser())
    assert (answer.status_code, "tidak menyebut nama" in answer.text) == (status, status == 403)


def test_an_account_with_a_second_factor_is_asked_for_it_here_too(meeting: Meeting) -> None:
    key, secret = meeting.account(), pyotp.random_base32()
    with meeting.console.services.store.write() as connection:
        accounts.set_second_factor(connection, key, secret, 0, 0)
    browser, code = meeting.console.browser(), pyotp.TOTP(secret).now()
    asked = meeting.sign_in(browser, f"{START}?next=/console/keys")
    assert (asked.status_code, is_in(browser)) == (200, False)
    proof = asked.text.partition('name="proof" value="')[2].partition('"')[0]

    def give(to: Browser, given: str) -> TestResponse:
        return to.post(f"{START}/code", {"proof": proof, "code": given})

    assert give(meeting.console.browser(), code).status_code == 403  # of another browser
    assert "salah" in give(browser, "000000").text
    assert give(browser, "").status_code == 200
    assert give(browser, code).headers["Location"] == "/console/keys"
    assert meeting.rows()[-2:] == [("rina", "provider_bound", "OIDC"), ("rina", "sign_in", "OIDC")]
    again = meeting.console.browser()
    proof = meeting.sign_in(again).text.partition('name="proof" value="')[2].partition('"')[0]
    assert give(again, code).status_code == 403  # each code counts once
    meeting.console.services.clock.move(page_of.PROOF_MS)
    assert "kedaluwarsa" in give(again, pyotp.TOTP(secret).now()).text


def test_guessed_codes_lock_the_account(meeting: Meeting) -> None:
    key, secret = meeting.account(), pyotp.random_base32()
    with meeting.console.services.store.write() as connection:
        accounts.set_second_factor(connection, key, secret, 0, 0)
    browser = meeting.console.browser()
    proof = meeting.sign_in(browser).text.partition('name="proof" value="')[2].partition('"')[0]
    for _ in range(tries.FREE["account"]):
        browser.post(f"{START}/code", {"proof": proof, "code": "000000"})
    answer = browser.post(f"{START}/code", {"proof": proof, "code": pyotp.TOTP(secret).now()})
    assert (answer.status_code, "Terlalu cepat" in answer.text) == (403, True)


def test_codes_that_prove_nobody_are_counted_by_address(meeting: Meeting) -> None:
    browser = meeting.console.browser()
    state = parse_qs(urlsplit(browser.get(START).headers["Location"]).query)["state"][0]
    for n in range(tries.FREE["address"] + 5):
        browser.get(f"{START}/callback?code=guess{n}&state={state}")
    assert meeting.provider.asked.count("/token") == tries.FREE["address"]


def test_what_the_provider_says_of_itself_is_kept_and_a_new_key_is_fetched(meeting: Meeting) -> None:
    meeting.account()
    console = meeting.console.browser()  # one process: what it keeps is its own
    for _ in range(2):
        assert meeting.sign_in(console).status_code == 303
        console.post("/sign-out")
    asked = meeting.provider.asked
    assert [asked.count(path) for path in ("/.well-known/openid-configuration", "/keys", "/token")] == [1, 1, 2]


@pytest.mark.parametrize("methods", [None, ["client_secret_post"], ["client_secret_basic", "private_key_jwt"]])
def test_the_secret_is_given_as_the_provider_takes_it(meeting: Meeting, methods: Any) -> None:
    meeting.account()
    meeting.provider.document = {"token_endpoint_auth_methods_supported": methods}
    assert meeting.sign_in(meeting.console.browser()).status_code == 303


def test_a_provider_that_is_away_is_said_kindly(console: Console, provider: StandIn) -> None:
    meeting = over(console, provider, oidc_issuer="http://127.0.0.1:1")
    answer = meeting.console.browser().get(START)
    assert (answer.status_code, "tidak menjawab" in answer.text) == (502, True)


def test_a_provider_that_fails_at_the_token_is_said_kindly(meeting: Meeting) -> None:
    meeting.account()
    meeting.provider.answer = lambda token: page(503)
    answer = meeting.sign_in(meeting.console.browser())
    assert (answer.status_code, "tidak menjawab" in answer.text) == (502, True)


def test_every_reason_has_its_words() -> None:
    reasons = {*get_args(oidc.Why), *get_args(proven.Why)} - {"code"}
    assert {f"sign_in.{why}" for why in reasons} <= set(catalogue())


def test_without_the_extra_or_the_client_it_does_not_start(
    console: Console, provider: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = over(console, provider, oidc_client_id="", oidc_client_secret=SecretStr(""))
    with pytest.raises(StartupError) as told:
        lacking.console.browser()
    assert [problem.split()[0] for problem in told.value.problems] == [
        "SMSGW_OIDC_CLIENT_ID",
        "SMSGW_OIDC_CLIENT_SECRET",
    ]
    monkeypatch.setitem(sys.modules, "authlib", None)  # as where it is not installed
    with pytest.raises(StartupError) as told:
        over(console, provider).console.browser()
    (problem,) = told.value.problems
    assert "SMSGW_OIDC_ISSUER" in problem
    assert "pip install 'smsgw[oidc]'" in problem
    assert console.browser().get("/sign-in").status_code == 200  # nobody else needs it


@pytest.mark.parametrize(
    ("issuer", "taken"),
    [
        ("https://id.example.id/realms/staff", True),
        ("https://id.example.id/", True),
        ("http://localhost:8080/realms/staff", True),
        ("http://[::1]:8080", True),
        ("", True),
        ("http://id.example.id", False),
        ("http://127.0.0.1.example.id", False),
        ("id.example.id", False),
        ("https://", False),
        ("https://id.example.id/?realm=staff", False),
        ("ftp://127.0.0.1", False),
    ],
)
def test_an_issuer_is_https_or_on_this_machine(settings: Callable[..., Settings], issuer: str, taken: bool) -> None:
    told = ""
    try:
        settings(oidc_issuer=issuer, oidc_client_secret=SECRET)
    except ValidationError as refused:
        told = str(refused)
    assert (told == "", SECRET in told) == (taken, False)


def test_a_slow_provider_is_waited_for_so_long(console: Console, provider: StandIn) -> None:
    settings = over(console, provider).console.services.settings
    provider.delay_s = 1
    with pytest.raises(oidc.NotProven) as told:
        Authlib(settings, (0.3, 0.3)).address("state", oidc.Once("nonce", "verifier"))
    assert (told.value.why, told.value.cause) == ("away", "ReadTimeout")


def test_a_slow_provider_does_not_take_all_the_threads(console: Console, provider: StandIn) -> None:
    made = Authlib(over(console, provider).console.services.settings)
    provider.delay_s = 3

    def ask(n: int) -> str:
        try:
            return made.address("state", oidc.Once("nonce", "verifier"))[:4]
        except oidc.NotProven as failed:
            return failed.cause

    with ThreadPoolExecutor(AT_ONCE + 2) as pool:
        assert sorted(pool.map(ask, range(AT_ONCE + 2))) == ["busy"] * 2 + ["http"] * AT_ONCE


@pytest.mark.parametrize(("again_s", "named"), [(0.0, "rina"), (30.0, "InvalidKeyIdError")])
def test_a_key_that_is_not_known_is_asked_for_but_not_each_time(
    console: Console, provider: StandIn, again_s: float, named: str
) -> None:
    made = Authlib(over(console, provider).console.services.settings, again_s=again_s)
    found = []
    for kid in ("one", "two"):
        provider.published, provider.sign = [kid], partial(signed, kid=kid)
        once = oidc.Once("nonce", "verifier" * 6)
        code = parse_qs(urlsplit(provider.send_back(made.address("state", once))).query)["code"][0]
        try:
            found.append(made.person(code, once, None).name)
        except oidc.NotProven as failed:
            found.append(failed.cause)
    assert found == ["rina", named]


def test_two_who_come_first_at_once_are_not_both_let_in(store: Store) -> None:
    with store.write() as connection:
        accounts.add(connection, "rina", "viewer", "", 0, "rina")
    people = [Person("https://id", f"subject {n}", "rina") for n in range(4)]

    def come(person: Person) -> str:
        try:
            return "in" if proven.sign_in(store, Arrival(person, "", "10.0.0.9"), 0, 0) else ""
        except NotLetIn as refused:
            return refused.why

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(come, people)) == ["in"] + ["other"] * 3
