"""An ACME authority that offers dns-persist-01 and asks DNS; its nameserver runs beside it.

It is as strict as RFC 8555: signatures, nonces, addresses, ownership, and the requests that each
state allows. A host's name decides what it offers: "http.…" excludes dns-persist-01, "dns.…" offers
nothing else. It implements version 01 of the draft, and below /02 version 02.
"""

import base64
import json
import secrets
import ssl
from dataclasses import dataclass, field
from typing import Any

import dns.exception
import dns.resolver
import tornado.ioloop
import tornado.web
from acme import jws
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.errors import Error as JoseError

from tests import pki
from tests.standin import persist_rules, persist_zone

NAME = "ca.classroom.test"
HERE = f"https://{NAME}"
ISSUERS = ["authority.test", "old.authority.test"]
HASHES = f"{HERE}/account-hash/"
AUTHORITY = pki.Authority()


@dataclass
class Account:
    """A client's account, with its key."""

    url: str
    key: Any

    @property
    def thumbprint(self) -> str:
        digest = self.key.thumbprint(hash_function=hashes.SHA256)
        return base64.urlsafe_b64encode(digest).decode().strip("=")


@dataclass
class Challenge:
    """One way to prove control of a name."""

    url: str
    kind: str
    status: str = "pending"
    error: dict[str, Any] | None = None


@dataclass
class Authorization:
    """The authorization of one name, which is to be proved."""

    url: str
    account: Account
    host: str
    wildcard: bool
    hashes: bool
    challenges: list[Challenge]
    status: str = "pending"

    def as_json(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "identifier": {"type": "dns", "value": self.host},
            "challenges": [self.shown(one) for one in self.challenges],
            **({"wildcard": True} if self.wildcard else {}),
        }

    def shown(self, one: Challenge) -> dict[str, Any]:
        said: dict[str, Any] = {"type": one.kind, "url": one.url, "status": one.status}
        if one.kind == "http-01":
            said["token"] = base64.urlsafe_b64encode(b"x" * 32).decode().strip("=")
        elif self.hashes:
            said["issuerDomainNames"] = ISSUERS
        else:
            said |= {"issuer-domain-names": ISSUERS, "accounturi": self.account.url}
        return said | ({"error": one.error} if one.error else {})

    def look(self, one: Challenge) -> None:
        """Check the challenge where it says: over HTTP or in DNS."""
        why = self.refusal() if one.kind != "http-01" else ("connection", "it comes to no port 80")
        one.status = self.status = "invalid" if why else "valid"
        one.error = problem(*why) if why else None

    def refusal(self) -> persist_rules.Refusal | None:
        account = self.account.url
        if self.hashes:
            account = persist_rules.hashed(HASHES, self.host, self.account.thumbprint, account)
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        try:
            found = resolver.resolve(f"_validation-persist.{self.host}.", "TXT", tcp=True)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return "unauthorized", "no TXT record"
        except dns.exception.DNSException as error:
            return "dns", str(error)
        texts = [b"".join(one.strings).decode() for one in found]
        return persist_rules.refusal(texts, ISSUERS, account, wildcard=self.wildcard)


@dataclass
class Order:
    """A requested certificate."""

    url: str
    account: Account
    names: list[str]
    authorizations: list[Authorization]
    certificate: bytes = b""

    @property
    def status(self) -> str:
        if self.certificate:
            return "valid"
        states = {one.status for one in self.authorizations}
        if "invalid" in states:
            return "invalid"
        return "ready" if states == {"valid"} else "pending"

    def as_json(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "identifiers": [{"type": "dns", "value": name} for name in self.names],
            "authorizations": [one.url for one in self.authorizations],
            "finalize": f"{self.url}/finalize",
            **({"certificate": f"{self.url}/certificate"} if self.certificate else {}),
        }


@dataclass
class Known:
    """All that the authority knows."""

    nonces: set[str] = field(default_factory=set)
    accounts: dict[str, Account] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    authorizations: dict[str, Authorization] = field(default_factory=dict)


KNOWN = Known()


def problem(kind: str, detail: str) -> dict[str, Any]:
    return {"type": f"urn:ietf:params:acme:error:{kind}", "detail": detail}


class RefusedError(Exception):
    """A request that gets a problem document as its answer."""

    def __init__(self, kind: str, detail: str, status: int = 400) -> None:
        super().__init__(f"{kind}: {detail}")
        self.said, self.status = problem(kind, detail), status


def address(kind: str) -> str:
    return f"{HERE}/{kind}/{secrets.token_hex(8)}"


class Place(tornado.web.RequestHandler):
    """The base of all requests' handlers."""

    def set_default_headers(self) -> None:
        nonce = secrets.token_urlsafe(16)
        KNOWN.nonces.add(nonce)
        self.set_header("Replay-Nonce", nonce)
        self.set_header("Cache-Control", "no-store")

    def write_json(self, said: Any, status: int = 200, location: str = "") -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        if location:
            self.set_header("Location", location)
        self.write(json.dumps(said))

    def signed(self, *, by_key: bool = False) -> tuple[Any, Any]:
        """Check the sender (RFC 8555, 6.2 to 6.5); return account or key, and the content."""
        if self.request.headers.get("Content-Type") != "application/jose+json":
            raise RefusedError("malformed", "not application/jose+json", 415)
        try:
            message = jws.JWS.json_loads(self.request.body.decode())
            (header,) = [one.combined for one in message.signatures]
        except (JoseError, ValueError) as error:
            raise RefusedError("malformed", str(error)) from error
        nonce = base64.urlsafe_b64encode(header.nonce or b"").decode().strip("=")
        if nonce not in KNOWN.nonces:
            raise RefusedError("badNonce", "an unknown nonce")
        KNOWN.nonces.remove(nonce)
        if header.url != f"{HERE}{self.request.path}":
            raise RefusedError("unauthorized", f"signed for {header.url}", 401)
        if (header.kid is None) == (header.jwk is None) or by_key == (header.jwk is None):
            raise RefusedError("malformed", "a key or an account, as it is wanted here")
        account = KNOWN.accounts.get(header.kid or "")
        if header.jwk is None and account is None:
            raise RefusedError("accountDoesNotExist", str(header.kid))
        key = header.jwk if account is None else account.key
        if not message.verify(key):
            raise RefusedError("malformed", "a bad signature")
        return key if account is None else account, message.payload

    def mine(self, one: Any, account: Account) -> Any:
        if one is None or one.account is not account:
            raise RefusedError("unauthorized", "not yours", 403)
        return one

    def _handle_request_exception(self, e: BaseException) -> None:
        if isinstance(e, RefusedError):
            self.write_json(e.said, e.status)
            self.set_header("Content-Type", "application/problem+json")
            self.finish()
        else:
            super()._handle_request_exception(e)


class Directory(Place):
    """The directory of addresses; below /02 those of draft 02."""

    def get(self, version: str) -> None:
        begin = f"{HERE}{version}"
        meta = {"accountHashPrefix": HASHES, "issuerDomainNames": ISSUERS} if version else {}
        places = {"newNonce": "nonce", "newAccount": "account", "newOrder": "order"}
        more = {"revokeCert": "revoke", "keyChange": "rollover"}
        found = {name: f"{begin}/{place}" for name, place in (places | more).items()}
        self.write_json({**found, "meta": meta})


class Nonce(Place):
    """A new nonce, in a header that every answer has."""

    def head(self, version: str) -> None:
        """Answer with the header only."""


class NewAccount(Place):
    """Signs a client in, or up."""

    def post(self, _: str) -> None:
        key, payload = self.signed(by_key=True)
        for one in KNOWN.accounts.values():
            if one.key == key:
                return self.write_json({"status": "valid"}, 200, one.url)
        if not json.loads(payload).get("termsOfServiceAgreed"):
            raise RefusedError("userActionRequired", "agree to the terms")
        made = Account(address("account"), key)
        KNOWN.accounts[made.url] = made
        return self.write_json({"status": "valid"}, 201, made.url)


class NewOrder(Place):
    """Accepts an order for a certificate."""

    def post(self, version: str) -> None:
        account, payload = self.signed()
        names = [one["value"] for one in json.loads(payload)["identifiers"]]
        made = Order(address("order"), account, names, [])
        for name in names:
            host, wildcard = name.removeprefix("*."), name.startswith("*.")
            kinds = [] if wildcard or host.startswith("dns.") else ["http-01"]
            kinds += [] if host.startswith("http.") else ["dns-persist-01"]
            url = address("authorization")
            challenges = [Challenge(f"{url}/{kind}", kind) for kind in kinds]
            one = Authorization(url, account, host, wildcard, bool(version), challenges)
            KNOWN.authorizations[url] = one
            made.authorizations.append(one)
        KNOWN.orders[made.url] = made
        self.write_json(made.as_json(), 201, made.url)


class Existing(Place):
    """An existing order, authorization or challenge."""

    def post(self, kind: str, number: str, what: str) -> None:
        account, payload = self.signed()
        url = f"{HERE}/{kind}/{number}"
        if kind == "authorization":
            found = self.mine(KNOWN.authorizations.get(url), account)
            return (
                self.challenge(found, what, payload) if what else self.write_json(found.as_json())
            )
        order = self.mine(KNOWN.orders.get(url), account)
        if what == "/finalize":
            self.finalize(order, json.loads(payload)["csr"])
        elif payload:
            raise RefusedError("malformed", "not a POST-as-GET")
        if what == "/certificate":
            self.set_header("Content-Type", "application/pem-certificate-chain")
            return self.write(order.certificate)
        return self.write_json(order.as_json(), 200, order.url)

    def challenge(self, found: Authorization, what: str, payload: bytes) -> None:
        one = next(one for one in found.challenges if one.url == f"{found.url}{what}")
        if payload and json.loads(payload) != {}:
            raise RefusedError("malformed", "the answer to a challenge is {}")
        if payload and one.status == "pending":
            print("asked to look at", one.kind, found.host, flush=True)
            found.look(one)
        self.set_header("Link", f'<{found.url}>;rel="up"')
        self.write_json(found.shown(one))

    def finalize(self, order: Order, written: str) -> None:
        if order.status != "ready":
            raise RefusedError("orderNotReady", order.status, 403)
        csr = x509.load_der_x509_csr(base64.urlsafe_b64decode(f"{written}=="))
        names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        asked = names.get_values_for_type(x509.DNSName)
        key = csr.public_key()
        is_good = csr.is_signature_valid and sorted(asked) == sorted(order.names)
        if not is_good or not isinstance(key, ec.EllipticCurvePublicKey):
            raise RefusedError("badCSR", f"for {asked}")
        order.certificate = AUTHORITY.certify(key, *order.names) + AUTHORITY.crt
        print("issued for", *order.names, flush=True)


class Root(tornado.web.RequestHandler):
    """The root certificate that clients trust; a new one after each start."""

    def get(self) -> None:
        """Send it to the tests."""
        self.write(AUTHORITY.crt)


def main() -> None:
    """Serve."""
    persist_zone.serve()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain("/pki/ca.crt", "/pki/ca.key")
    routes = [
        (r"(|/02)/dir", Directory),
        (r"(|/02)/nonce", Nonce),
        (r"(|/02)/account", NewAccount),
        (r"(|/02)/order", NewOrder),
        (
            r"/(order|authorization)/([0-9a-f]{16})(|/finalize|/certificate|/[a-z]+-?[a-z]*-01)",
            Existing,
        ),
        (r"/root", Root),
    ]
    tornado.web.Application(routes).listen(443, ssl_options=context)
    tornado.ioloop.IOLoop.current().start()


if __name__ == "__main__":
    main()
