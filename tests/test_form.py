"""Forms are read as urllib reads them, each field once and not too many."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsgw.carriers.form import FORM_TYPE, MAX_FIELDS, read_form, read_query
from smsgw.errors import HookRefused

PIECES = st.sampled_from(["a", "b", "&", "&&", "=", "%", "%20", "%2B", "+", "%C3%A9", "%ff", "%zz", ";", "\u00e9", "#"])


@given(st.lists(PIECES).map("".join))
@example("a=1&b=%2B62+812&c=&d")
def test_a_query_is_read_as_urllib_reads_it(text: str) -> None:
    assert read_or_refuse(text) == urllibs(text)


def read_or_refuse(text: str) -> dict[str, str] | None:
    try:
        return read_query(text)
    except HookRefused:
        return None


def urllibs(text: str) -> dict[str, str] | None:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        return None
    return dict(pairs) if len(dict(pairs)) == len(pairs) else None


@pytest.mark.parametrize(("count", "is_read"), [(MAX_FIELDS, True), (MAX_FIELDS + 1, False)])
def test_no_more_fields_than_the_limit(count: int, is_read: bool) -> None:
    text = "&".join(f"f{number}=1" for number in range(count))
    assert (read_or_refuse(text) is not None, urllibs(text) is not None) == (is_read, is_read)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/json", "multipart/form-data"])
def test_another_type_is_refused(kind: str) -> None:
    with pytest.raises(HookRefused):
        read_form(kind, b"a=1")
    assert read_form(f"{FORM_TYPE.upper()}; charset=utf-8", b"a=1") == {"a": "1"}
