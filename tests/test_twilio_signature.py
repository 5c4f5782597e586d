"""Only genuine posts are read: signatures from three libraries, traps, and our own narrower rules."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from smsgw.carriers import Hook
from smsgw.carriers.twilio import Twilio, is_signed, public_base
from smsgw.errors import HookRefused
from tests.support import truth, twilio


@pytest.mark.parametrize("row", truth.rows("signatures"))
def test_signatures_are_judged_as_the_libraries_judge_them(row: dict[str, Any]) -> None:
    params = row["raw_json"] if row["raw_json"] is not None else _params(row["params"])
    verdict = is_signed([RequestValidator(row["auth_token"])], row["url"], params, row["signature"])
    if not row["libraries_disagree"]:
        assert verdict is row["expected_valid"]


def _params(pairs: list[list[str]]) -> Any:
    """As the strict reader sees them: a repeated field never reaches the validator, equal ones aside."""
    return dict(zip([name for name, _ in pairs], [value for _, value in pairs], strict=True))


@given(st.text(), st.dictionaries(st.text(), st.text()), st.text())
def test_our_signature_is_the_librarys(url: str, fields: dict[str, str], token: str) -> None:
    theirs = RequestValidator(token).compute_signature(url, fields)
    # A validator that agrees to nothing: what is true here was found by our own computation.
    assert is_signed([_Refusing(token)], url, fields, theirs)
    assert not is_signed([_Refusing(token)], url, fields | {"more": "x"}, theirs)


class _Refusing(RequestValidator):  # type: ignore[misc]  # the SDK has no types
    def validate(self, uri: str, params: object, signature: str) -> bool:
        return False


def read(target: str, body: bytes, headers: dict[str, str], **changes: object) -> object:
    carrier = Twilio(twilio.settings(**changes))
    reader = carrier.read_report if target.startswith(twilio.STATUS) else carrier.read_inbound
    return reader(Hook(target, headers, body))


def test_a_genuine_post_is_read() -> None:
    fields = twilio.inbound_form("JHT 18050012345", OptOutType="STOP", Unheard="of")
    message = Twilio(twilio.settings()).read_inbound(
        Hook(twilio.INBOUND, twilio.headers(twilio.INBOUND, fields), twilio.encode(fields))
    )
    assert (message.carrier_id, message.body, message.opt_out_type) == (fields["MessageSid"], fields["Body"], "STOP")


@pytest.mark.parametrize("public_url", ["https://sms.example.id/", "https://sms.example.id#rc=5&rp=all"])
def test_the_fragment_and_the_end_slash_of_the_public_address_are_not_signed(public_url: str) -> None:
    fields = twilio.inbound_form("SALDO")
    assert public_base(public_url) == twilio.PUBLIC_URL
    assert read(twilio.INBOUND, twilio.encode(fields), twilio.headers(twilio.INBOUND, fields), public_url=public_url)


def test_two_tokens_are_good_while_one_is_replaced() -> None:
    fields = twilio.inbound_form("SALDO")
    old = twilio.headers(twilio.INBOUND, fields, token="the-token-before")
    for good in (old, twilio.headers(twilio.INBOUND, fields)):
        assert read(twilio.INBOUND, twilio.encode(fields), good, twilio_auth_token_previous="the-token-before")
    with pytest.raises(HookRefused):
        read(twilio.INBOUND, twilio.encode(fields), old)


def test_the_raw_query_is_what_is_signed() -> None:
    target = f"{twilio.STATUS}?t=abc&x=%27"
    fields = twilio.status_form(twilio.sid(), "sent")
    assert read(target, twilio.encode(fields), twilio.headers(target, fields))
    with pytest.raises(HookRefused):
        read(target, twilio.encode(fields), twilio.headers(f"{twilio.STATUS}?t=abc&x='", fields))


FORGED: dict[str, Any] = {
    "header missing": lambda f, h, b: ({}, b),
    "content type missing": lambda f, h, b: ({k: v for k, v in h.items() if k != "Content-Type"}, b),
    "json": lambda f, h, b: (h | {"Content-Type": "application/json"}, b'{"From": "+6281200000001"}'),
    "signature empty": lambda f, h, b: (h | {"X-Twilio-Signature": ""}, b),
    "signature not ascii": lambda f, h, b: (h | {"X-Twilio-Signature": "é" * 28}, b),
    "signature of another length": lambda f, h, b: (h | {"X-Twilio-Signature": "x"}, b),
    "signature lowered": lambda f, h, b: (h | {"X-Twilio-Signature": h["X-Twilio-Signature"].lower()}, b),
    "another token": lambda f, h, b: (twilio.headers(twilio.INBOUND, f, token="guess"), b),
    "another host": lambda f, h, b: (twilio.headers(twilio.INBOUND, f, base="https://evil.example"), b),
    "another scheme": lambda f, h, b: (twilio.headers(twilio.INBOUND, f, base="http://sms.example.id"), b),
    "another port": lambda f, h, b: (twilio.headers(twilio.INBOUND, f, base="https://sms.example.id:8443"), b),
    "trailing slash": lambda f, h, b: (twilio.headers(twilio.INBOUND + "/", f), b),
    "query added": lambda f, h, b: (twilio.headers(twilio.INBOUND + "?bodySHA256=0", f), b),
    "field dropped": lambda f, h, b: (h, twilio.encode({k: v for k, v in f.items() if k != "ApiVersion"})),
    "field added": lambda f, h, b: (h, b + b"&Extra=1"),
    "field repeated": lambda f, h, b: (h, b + b"&From=%2B6281200000002"),
    "field repeated alike": lambda f, h, b: (h, b + b"&ApiVersion=2010-04-01"),
    "value changed": lambda f, h, b: (h, b.replace(b"18050012345", b"18050012346")),
    "value stripped": lambda f, h, b: (h, b.replace(b"+18050012345", b"18050012345")),
    "empty body": lambda f, h, b: (h, b""),
    "not utf-8": lambda f, h, b: (h, b + b"&x=%ff%fe"),
    "lone surrogate": lambda f, h, b: (h, b + b"&x=%ed%a0%80"),
    "too many fields": lambda f, h, b: (h, b + b"&" + b"&".join(b"f%d=1" % i for i in range(300))),
}


@pytest.mark.parametrize("change", FORGED.values(), ids=FORGED.keys())
def test_what_is_not_genuine_is_refused(change: Any) -> None:
    fields = twilio.inbound_form("JHT 18050012345")
    made = change(fields, twilio.headers(twilio.INBOUND, fields), twilio.encode(fields))
    with pytest.raises(HookRefused) as refused:
        read(twilio.INBOUND, made[1], made[0])
    assert refused.value.status in (400, 403)


SIGNED_BUT_WRONG = [
    {"From": "+0812"},
    {"From": "+62812000000010000"},
    {"From": "+62812\n"},
    {"From": "+\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668"},
    {"From": ""},
    {"MessageSid": "SM1"},
    {"MessageSid": "XX" + "0" * 32},
    {"MessageSid": "SM" + "0" * 32 + "\n"},
    {"AccountSid": "AC" + "1" * 32},
    {"AccountSid": ""},
    {"To": "+622150000001"},
    {"NumMedia": "-1"},
    {"NumMedia": "1000"},
    {"OptOutType": "stop!"},
]


@pytest.mark.parametrize("changes", SIGNED_BUT_WRONG, ids=str)
def test_a_signed_post_with_a_field_out_of_its_pattern_is_refused(changes: dict[str, str]) -> None:
    fields = twilio.inbound_form("SALDO", **changes)
    with pytest.raises(HookRefused) as refused:
        read(twilio.INBOUND, twilio.encode(fields), twilio.headers(twilio.INBOUND, fields))
    assert refused.value.status in (400, 403)


def test_names_and_values_that_run_into_each_other_do_not_pass() -> None:
    """A captured signature must not serve a form that splits the same letters otherwise."""
    fields = twilio.inbound_form("SALDO")
    split = {k: v for k, v in fields.items() if k not in ("Body", "From")}
    split |= {"B": "odySALDO", "From": fields["From"]}
    with pytest.raises(HookRefused):
        read(twilio.INBOUND, twilio.encode(split), twilio.headers(twilio.INBOUND, fields))


def test_without_a_token_nothing_is_genuine() -> None:
    fields = twilio.inbound_form("SALDO")
    with pytest.raises(HookRefused):
        read(twilio.INBOUND, twilio.encode(fields), twilio.headers(twilio.INBOUND, fields), twilio_auth_token="")
