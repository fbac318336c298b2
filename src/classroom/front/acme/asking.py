"""Ask an ACME authority for a certificate, or when to renew it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from acme import crypto_util, messages
from acme.client import ClientNetwork, ClientV2
from acme.errors import ConflictError, ValidationError
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.jwa import ES256
from josepy.jwk import JWKEC

from classroom.front.acme import account, kept, looking, persist, refusals
from classroom.front.acme.order import AcmeOutcome, Order
from classroom.front.acme.persist import AcmeAccount
from classroom.front.acme.plan import Step
from classroom.front.acme.refusals import Waits
from classroom.front.acme.trouble import UNKEPT, UNUSABLE, AcmeTrouble, TroubleError, at
from classroom.front.local_authority import private
from classroom.runtime.problems import StartRefusedError

if TYPE_CHECKING:
    from classroom.front.acme.persist import DNSPersist01

SYSTEM = "/etc/ssl/certs/ca-certificates.crt"
"""The system's trusted authorities, which all programs in the container use."""
VALIDATION_SECONDS = 180
REQUEST_SECONDS = 30


def connect(order: Order, waits: Waits) -> ClientV2:
    """Make a client that has read the authority's directory.

    Args:
        order: the order.
        waits: notes how long the authority asks the lab to wait.
    """
    network = ClientNetwork(
        JWKEC(key=account.ensure(Path(order.folder))),
        alg=ES256,
        user_agent="collaborative-jupyterlab",
        timeout=REQUEST_SECONDS,
    )
    network.verify_ssl = order.wanted.authorities or SYSTEM  # type: ignore[assignment]  # requests'
    # Connections go through the egress proxy, not through a proxy of the environment.
    network.session.trust_env = False
    network.session.hooks["response"].append(waits.hear)
    return ClientV2(ClientV2.get_directory(order.wanted.directory, network), network)


def register(client: ClientV2, email: str) -> None:
    """Sign in with the account; the authority makes it if it is new.

    Args:
        client: the client from `connect`.
        email: the address to which the authority may write; "" for none.
    """
    refusals.refuse_strangers(client.directory)
    asked = messages.NewRegistration.from_data(email=email or None, terms_of_service_agreed=True)
    try:
        client.new_account(asked)
    except ConflictError as known:
        body = messages.Registration()
        client.net.account = messages.RegistrationResource(uri=known.location, body=body)


def answer_challenges(order: Order, client: ClientV2, made: messages.OrderResource) -> str:
    """Tell the authority to check the host, or its TXT record.

    Args:
        order: the order.
        client: the client, signed in.
        made: the authority's order for the certificate.

    Returns:
        The value of the TXT record; "" if none is needed.

    Raises:
        TroubleError: the authority offers no challenge that the lab can answer, or the TXT record
            is not in DNS.
    """
    pending = [
        persist.pick(one.body.challenges, order.wanted.challenge)
        for one in made.authorizations
        if one.body.status == messages.STATUS_PENDING  # it has checked the others lately
    ]
    if order.wanted.challenge == "dns":
        record = record_for(order, client, pending[0].chall) if pending else ""
        if record and (trouble := looking.trouble(order, record)) is not None:
            raise TroubleError(trouble)
        for offered in pending:
            client.answer_challenge(offered, persist.DNSPersist01Response())
        return record
    for offered in pending:
        # The front answers, in the same way for every challenge (challenges.py).
        client.answer_challenge(offered, offered.chall.response(client.net.key))
    return ""


def record_for(order: Order, client: ClientV2, offered: DNSPersist01) -> str:
    """Return the record that a challenge needs; the arguments are those of `answer_challenges`."""
    assert client.net.account is not None  # noqa: S101 (it has signed in)
    found = AcmeAccount(
        client.net.account.uri,
        account.thumbprint(account.ensure(Path(order.folder))),
        persist.hash_prefix(client, order.wanted.directory),
    )
    return persist.record(offered, order.wanted.host, found, wildcard=order.wanted.wildcard)


def ask(order: Order, client: ClientV2) -> AcmeOutcome:
    """Request a certificate, and write it to the volume.

    Args:
        order: the order.
        client: the client from `connect`.

    Raises:
        TroubleError: the challenge failed.
    """
    register(client, order.wanted.email)
    key = private(ec.generate_private_key(ec.SECP256R1()))
    made = client.new_order(crypto_util.make_csr(key, list(order.wanted.names)))
    record = answer_challenges(order, client, made)
    # The library compares with naive local times.
    deadline = dt.datetime.now() + dt.timedelta(seconds=VALIDATION_SECONDS)  # noqa: DTZ005
    try:
        done = client.poll_and_finalize(made, deadline)
    except ValidationError as error:
        raise TroubleError(refusals.of_record(error, record)) from error
    return keep(order, str(done.fullchain_pem).encode(), key)


def keep(order: Order, chain: bytes, key: bytes) -> AcmeOutcome:
    """Write a certificate to the volume, if the front can use it.

    Args:
        order: the order.
        chain: the chain as PEM.
        key: the key as PEM.
    """
    try:
        own = kept.check(chain, key, order.wanted.names)
    except StartRefusedError as refused:
        return AcmeOutcome(AcmeTrouble(UNUSABLE, refused.problems[0].what))
    now = dt.datetime.now(dt.UTC)
    if not own.held.named or not own.held.begins <= now < own.held.ends:
        valid = f"valid from {at(own.held.begins)} to {at(own.held.ends)}"
        return AcmeOutcome(AcmeTrouble(UNUSABLE, valid if own.held.named else "for another name"))
    try:
        kept.write(Path(order.folder), chain, key)
    except OSError as error:
        return AcmeOutcome(AcmeTrouble(UNKEPT, str(error)))
    return AcmeOutcome()


def look(order: Order, client: ClientV2) -> AcmeOutcome:
    """Ask the authority when to renew the certificate; the arguments are those of `ask`."""
    own = kept.read(Path(order.folder), order.wanted.names)
    if own is None:
        return AcmeOutcome()
    renew_at, again = client.renewal_time(own.pair.chain)
    return AcmeOutcome(None, renew_at, again.astimezone(dt.UTC))


def run(order: Order) -> AcmeOutcome:
    """Carry out an order; the outcome says what went wrong.

    Args:
        order: the order.
    """
    waits = Waits()
    try:
        client = connect(order, waits)
        return ask(order, client) if order.step is Step.ASK else look(order, client)
    except Exception as error:  # noqa: BLE001 (each error becomes a sentence)
        return AcmeOutcome(refusals.understood(error, waits.seconds))
