"""What an authority requires of the TXT records of dns-persist-01, written from the draft itself.

It does not use the lab's own code, because a mistake in both would go unnoticed. Each refusal is
the type of an ACME problem (RFC 8555, 6.7) and a detail.
"""

import base64
import hashlib
import time

Refusal = tuple[str, str]


def hashed(prefix: str, host: str, thumbprint: str, account: str) -> str:
    """Write an account as draft 02 requires it (4.1)."""
    octets = bytes((len(host),)) + host.encode() + thumbprint.encode() + account.encode()
    digest = base64.urlsafe_b64encode(hashlib.sha256(octets).digest())
    return f"{prefix}sha-256/{digest.decode().strip('=')}"


def parameters(text: str) -> dict[str, str]:
    """Read the parameters after the issuer; raise ValueError for a mistake (RFC 8659, 4.2)."""
    found: dict[str, str] = {}
    for part in (one.strip(" \t") for one in text.split(";")[1:]):
        if "=" not in part:
            raise ValueError(f"{part!r} should be tag=value")
        tag, value = (one.strip(" \t") for one in part.split("=", 1))
        if not tag or any(not "!" <= letter <= "~" for letter in value):
            raise ValueError(f"malformed {part!r}")
        if tag.lower() in found:
            raise ValueError(f"duplicate {tag}")
        found[tag.lower()] = value
    if not found.get("accounturi"):
        raise ValueError("no accounturi")
    if "persistuntil" in found:
        int(found["persistuntil"])
    return found


def refusal(
    texts: list[str], issuers: list[str], account: str, *, wildcard: bool
) -> Refusal | None:
    """Say why no record permits a certificate; None if one does (the draft, 4 and 9.4)."""
    found: list[Refusal] = []
    for text in texts:
        if text.split(";")[0].strip(" \t") not in issuers:
            continue
        try:
            said = parameters(text)
        except ValueError as error:
            found.append(("malformed", str(error)))
            continue
        if said["accounturi"] != account:
            found.append(("unauthorized", f"accounturi: expected {account}"))
        elif wildcard and said.get("policy", "").lower() != "wildcard":
            found.append(("unauthorized", "policy is not wildcard"))
        elif time.time() > int(said.get("persistuntil", "99999999999")):
            found.append(("unauthorized", "persistUntil is over"))
        else:
            return None
    return found[0] if found else ("unauthorized", "no TXT record of this issuer")
