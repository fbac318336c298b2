"""The TXT record of dns-persist-01: how the lab writes it, and which records in DNS count."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.front.acme import records
from classroom.front.acme.records import BadRecordError, Permission, RecordVerdict

NOW = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
ACCOUNT = "https://ca.example/acct/123"
PLAIN = f"authority.example; accounturi={ACCOUNT}"
BOTH = f"{PLAIN}; policy=wildcard"
UNTIL = st.none() | st.integers(-(10**12), 10**12)
BEFORE, AFTER = int(NOW.timestamp()) - 1, int(NOW.timestamp()) + 1


def test_it_is_written_as_the_drafts_examples() -> None:
    assert records.name("example.com") == "_validation-persist.example.com"
    assert records.write(Permission("authority.example", ACCOUNT)) == PLAIN
    assert records.write(Permission("authority.example", ACCOUNT, wildcard=True)) == BOTH
    until = Permission("authority.example", ACCOUNT, wildcard=True, until=1721952000)
    assert records.write(until) == f"{BOTH}; persistUntil=1721952000"


def test_an_account_is_hashed_as_in_the_drafts_example() -> None:
    """The example is from draft-ietf-acme-dns-persist-02, 10.2, with the key of RFC 7638, 3.1."""
    thumbprint = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    found = records.hashed(
        "https://ca.example/account-hash/", "example.com", thumbprint, "https://ca.example/acct/123"
    )
    assert found == (
        "https://ca.example/account-hash/sha-256/5SQm7n6tPh2-PlLbCKGnViTXX5z19SCN4cPGQHSk-kw"
    )


@pytest.mark.parametrize(
    ("texts", "plain", "both"),
    [
        pytest.param([], RecordVerdict.MISSING, RecordVerdict.MISSING, id="none"),
        pytest.param(
            ["v=spf1 -all", ""], RecordVerdict.MISSING, RecordVerdict.MISSING, id="of somebody else"
        ),
        pytest.param([PLAIN], RecordVerdict.GOOD, RecordVerdict.NARROW, id="as it is written"),
        pytest.param([BOTH], RecordVerdict.GOOD, RecordVerdict.GOOD, id="for names below, too"),
        pytest.param(
            [BOTH.replace(" ", "")], RecordVerdict.GOOD, RecordVerdict.GOOD, id="without spaces"
        ),
        pytest.param(
            [f"\t Authority.Example. ;ACCOUNTURI = {ACCOUNT} ; Policy=WildCard"],
            RecordVerdict.GOOD,
            RecordVerdict.GOOD,
            id="in capitals and with spaces",
        ),
        pytest.param(
            [f"{BOTH};new=1"], RecordVerdict.GOOD, RecordVerdict.GOOD, id="a parameter of later"
        ),
        pytest.param(
            [f"{PLAIN}; policy=all"], RecordVerdict.GOOD, RecordVerdict.NARROW, id="another policy"
        ),
        pytest.param(
            [f"{BOTH};persistUntil={AFTER}"], RecordVerdict.GOOD, RecordVerdict.GOOD, id="for now"
        ),
        pytest.param(
            [f"{BOTH};persistUntil={BEFORE}"],
            RecordVerdict.OVER,
            RecordVerdict.OVER,
            id="until now",
        ),
        pytest.param(
            [BOTH.replace("123", "124")],
            RecordVerdict.OTHER_ACCOUNT,
            RecordVerdict.OTHER_ACCOUNT,
            id="another account",
        ),
        pytest.param(
            [BOTH.replace("acct", "ACCT")],
            RecordVerdict.OTHER_ACCOUNT,
            RecordVerdict.OTHER_ACCOUNT,
            id="an address has its capitals",
        ),
        pytest.param(
            [BOTH.replace("authority", "other")],
            RecordVerdict.MISSING,
            RecordVerdict.MISSING,
            id="another authority",
        ),
        pytest.param(
            ["other.example; nonsense", BOTH.replace("123", "124"), BOTH],
            RecordVerdict.GOOD,
            RecordVerdict.GOOD,
            id="one of several",
        ),
    ],
)
def test_what_records_are_worth(
    texts: list[str], plain: RecordVerdict, both: RecordVerdict
) -> None:
    assert records.judge(texts, PLAIN, NOW) is plain
    assert records.judge(texts, BOTH, NOW) is both


@pytest.mark.parametrize(
    "text",
    [
        "authority.example",
        "authority.example;",
        f"{PLAIN};",
        "authority.example; accounturi",
        "authority.example; accounturi=",
        "authority.example; accounturi=a b",
        "authority.example; accounturi=ä",
        "authority.example; policy=wildcard",
        f"{PLAIN}; accounturi=x",
        f"{PLAIN}; AccountURI=x",
        f"{PLAIN}; =x",
        f"{PLAIN}; -a=x",
        f"{PLAIN}; persistUntil=",
        f"{PLAIN}; persistUntil=2027-01-01",
        f"{PLAIN}; persistUntil=\u0661",
    ],
)
def test_what_an_authority_calls_malformed(text: str) -> None:
    with pytest.raises(BadRecordError):
        records.read(text)
    assert records.judge([text], PLAIN, NOW) is RecordVerdict.UNREADABLE
    assert records.judge([text, PLAIN], PLAIN, NOW) is RecordVerdict.GOOD, "each stands for itself"


@given(st.text(max_size=60))
def test_any_record_in_dns_is_judged(text: str) -> None:
    assert records.judge([text], PLAIN, NOW) in {RecordVerdict.MISSING, RecordVerdict.UNREADABLE}
    records.judge([f"authority.example;{text}", f"{PLAIN};{text}"], PLAIN, NOW)


@given(st.builds(Permission, st.just("a.example"), st.just(ACCOUNT), st.booleans(), UNTIL))
def test_what_is_written_is_read_again(made: Permission) -> None:
    assert records.read(records.write(made)) == made


@pytest.mark.parametrize(
    "offered",
    [
        None,
        "authority.example",
        [],
        ["a.example"] * 11,
        ["Authority.example"],
        ["authority.example."],
        ["authority.example; policy=wildcard"],
        ["a..example"],
        ["ä.example"],
        [f"{'a.' * 127}a"],
        ["authority.example", 5],
    ],
)
def test_an_authority_that_names_itself_badly_is_not_written_down(offered: object) -> None:
    assert not records.issuer(offered)


def test_the_first_name_of_an_authority_is_taken() -> None:
    assert records.issuer(("authority.example", "ca.example.net")) == "authority.example"
