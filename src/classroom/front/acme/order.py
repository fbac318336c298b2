"""The Hub's orders to the process for certificates, and their outcomes. Plain values."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass
from typing import Any

from classroom.config.acme import Acme
from classroom.front.acme.plan import Step
from classroom.front.acme.trouble import ODD, AcmeTrouble


@dataclass(frozen=True)
class Order:
    """What the process should ask the authority.

    Attributes:
        step: for a certificate (`Step.ASK`), or when to renew it (`Step.LOOK`).
        wanted: the certificate, and the authority.
        folder: the folder of account and certificate.
        record: the value of the TXT record that the lab waits for; "" if unknown.
        anyway: whether to ask the authority even if the lab does not see that record.
    """

    step: Step
    wanted: Acme
    folder: str
    record: str = ""
    anyway: bool = False

    def encode(self) -> bytes:
        """Encode the order for the process."""
        return json.dumps({**asdict(self), "step": self.step.value}).encode()

    @classmethod
    def decode(cls, text: bytes) -> Order:
        """Decode the order in the process."""
        said: dict[str, Any] = json.loads(text)
        return cls(**{**said, "step": Step(said["step"]), "wanted": Acme(**said["wanted"])})


@dataclass(frozen=True)
class AcmeOutcome:
    """The result of an order.

    Attributes:
        trouble: why there is no certificate; None if there is one, or none was requested.
        renew_at: when the authority wants it to be renewed, UTC; None if it does not say.
        look_at: when the lab should ask that again, UTC; None if the authority does not say.
    """

    trouble: AcmeTrouble | None = None
    renew_at: dt.datetime | None = None
    look_at: dt.datetime | None = None

    def encode(self) -> bytes:
        """Encode the outcome for the Hub."""
        said = {
            "trouble": asdict(self.trouble) if self.trouble else None,
            "renew_at": self.renew_at.isoformat() if self.renew_at else None,
            "look_at": self.look_at.isoformat() if self.look_at else None,
        }
        return json.dumps(said).encode()

    @classmethod
    def decode(cls, text: bytes) -> AcmeOutcome:
        """Decode the outcome in the Hub; a process without a valid one has failed."""
        try:
            said: dict[str, Any] = json.loads(text)
            trouble = AcmeTrouble(**said["trouble"]) if said["trouble"] else None
            times = (
                dt.datetime.fromisoformat(said[name]) if said[name] else None
                for name in ("renew_at", "look_at")
            )
            return cls(trouble, *times)
        except (ValueError, TypeError, KeyError):
            return cls(AcmeTrouble(ODD, "the program that asks it has failed"))
