"""Ask an ACME authority for a certificate, or when to renew it: one question, in a process.

Run by the Hub as ``python -I -m classroom.front.acme``, as root, with an order on standard input.
What it needs for that (`acme`, of certbot) leaves the Hub's memory with it.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

from acme import challenges, crypto_util, messages
from acme.client import ClientNetwork, ClientV2
from acme.errors import ConflictError
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.jwa import ES256
from josepy.jwk import JWKEC

from classroom.front.acme import account, kept, refusals
from classroom.front.acme.order import AcmeOutcome, Order
from classroom.front.acme.plan import Step
from classroom.front.acme.refusals import Waits
from classroom.front.acme.trouble import UNKEPT, UNUSABLE, AcmeTrouble, at
from classroom.front.local_authority import private
from classroom.runtime.problems import StartRefusedError

SYSTEM = "/etc/ssl/certs/ca-certificates.crt"
"""Those that the system trusts, as everything else in the container does."""
VALIDATION_SECONDS = 180
REQUEST_SECONDS = 30


def connect(order: Order, waits: Waits) -> ClientV2:
    """Make a client that knows where the authority is asked what.

    Args:
        order: what is to be asked.
        waits: hears how long the authority wants to be left in peace.
    """
    network = ClientNetwork(
        JWKEC(key=account.ensure(Path(order.folder))),
        alg=ES256,
        user_agent="collaborative-jupyterlab",
        timeout=REQUEST_SECONDS,
    )
    network.verify_ssl = order.wanted.authorities or SYSTEM  # type: ignore[assignment]  # requests'
    network.session.trust_env = False  # the way out is the egress proxy's, whatever is set
    network.session.hooks["response"].append(waits.hear)
    return ClientV2(ClientV2.get_directory(order.wanted.directory, network), network)


def register(client: ClientV2, email: str) -> None:
    """Sign in with the account, which is made if the authority doesn't know it.

    Args:
        client: connected.
        email: where the authority may write; "" for nowhere.
    """
    refusals.refuse_strangers(client.directory)
    asked = messages.NewRegistration.from_data(email=email or None, terms_of_service_agreed=True)
    try:
        client.new_account(asked)
    except ConflictError as known:
        body = messages.Registration()
        client.net.account = messages.RegistrationResource(uri=known.location, body=body)


def ask(order: Order, client: ClientV2) -> AcmeOutcome:
    """Ask for a certificate, and keep it.

    Args:
        order: what is to be asked.
        client: connected.
    """
    register(client, order.wanted.email)
    key = private(ec.generate_private_key(ec.SECP256R1()))
    made = client.new_order(crypto_util.make_csr(key, [order.wanted.host]))
    for authorization in made.authorizations:
        if authorization.body.status != messages.STATUS_PENDING:
            continue  # it has looked lately
        for offered in authorization.body.challenges:
            if isinstance(offered.chall, challenges.HTTP01):
                # The front answers: what it says is the same for every question (challenges.py).
                client.answer_challenge(offered, offered.chall.response(client.net.key))
    # The library compares with naive local times.
    deadline = dt.datetime.now() + dt.timedelta(seconds=VALIDATION_SECONDS)  # noqa: DTZ005
    done = client.poll_and_finalize(made, deadline)
    chain = str(done.fullchain_pem).encode()
    try:
        own = kept.check(chain, key, order.wanted.host)
    except StartRefusedError as refused:
        return AcmeOutcome(AcmeTrouble(UNUSABLE, refused.problems[0].what))
    now = dt.datetime.now(dt.UTC)
    if not own.held.host or not own.held.begins <= now < own.held.ends:
        valid = f"valid from {at(own.held.begins)} to {at(own.held.ends)}"
        return AcmeOutcome(AcmeTrouble(UNUSABLE, valid if own.held.host else "for another name"))
    try:
        kept.write(Path(order.folder), chain, key)
    except OSError as error:
        return AcmeOutcome(AcmeTrouble(UNKEPT, str(error)))
    return AcmeOutcome()


def look(order: Order, client: ClientV2) -> AcmeOutcome:
    """Ask when the certificate is to be renewed; the arguments are those of `ask`."""
    own = kept.read(Path(order.folder), order.wanted.host)
    if own is None:
        return AcmeOutcome()
    renew_at, again = client.renewal_time(own.pair.chain)
    return AcmeOutcome(None, renew_at, again.astimezone(dt.UTC))


def main() -> int:
    """Do as ordered; print what came of it."""
    order, waits = Order.decode(sys.stdin.buffer.read()), Waits()
    try:
        client = connect(order, waits)
        outcome = ask(order, client) if order.step is Step.ASK else look(order, client)
    except Exception as error:  # noqa: BLE001 (whatever the authority answers, in a sentence)
        outcome = AcmeOutcome(refusals.understood(error, waits.seconds))
    print(outcome.encode().decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
