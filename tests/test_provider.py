"""The identity provider: what is believed of it, how long it is waited for, and what it needs to be set up."""

import hmac
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr, ValidationError

from smsgw import logs
from smsgw.config import Settings
from smsgw.errors import StartupError
from smsgw.operators import oidc
from smsgw.operators.provider import AT_ONCE, Authlib
from tests.support.console import Console
from tests.support.meeting import START, Meeting, is_in, over
from tests.support.provider import CLIENT, SECRET, Claims, StandIn, encoded, key, page, part, signature, signed


def none(claims: Claims) -> str:
    return f"{part({'alg': 'none'})}.{part(claims)}."


def by_public_key(claims: Claims) -> str:
    body = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(claims)}"
    return f"{body}.{encoded(hmac.digest(key('one').as_pem(private=False), body.encode(), 'sha256'))}"


def by_strangers_key(claims: Claims, **header: Any) -> str:
    head, body, _ = signed(claims, **header).split(".")
    return f"{head}.{body}.{signature(f'{head}.{body}', 'stranger')}"


def by_key_in_the_header(claims: Claims) -> str:
    return by_strangers_key(claims, jwk=key("stranger").as_dict(private=False))


def tampered(claims: Claims) -> str:
    head, _, last = signed(claims).split(".")
    return f"{head}.{signed(claims | {'preferred_username': 'admin'}).split('.')[1]}.{last}"


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
    "of half a character": {"claims": {"sub": "\ud800"}},
    "of a name that cannot be seen": {"claims": {"preferred_username": "rina\u200b"}},
    "of a name that is no text": {"claims": {"preferred_username": ["rina"]}},
    "of another access token": {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
    "signed by alg none": {"sign": none},
    "signed with the public key as secret": {"sign": by_public_key},
    "signed with a stranger's key": {"sign": by_strangers_key},
    "signed with a key in its header": {"sign": by_key_in_the_header},
    "signed with a key of no name": {"sign": lambda claims: signed(claims, "unpublished")},
    "signed with the key for encryption": {"sign": lambda claims: signed(claims, "encryption")},
    "signed with what must be understood": {"sign": lambda claims: signed(claims, crit=["exp2"], exp2=1)},
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
    logs.configure("WARNING")
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
