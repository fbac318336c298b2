"""What the Hub has asked for in a process of its own, and what comes of it. Plain values."""

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
    """What is to be asked.

    Attributes:
        step: for a certificate (`Step.ASK`), or when it is to be renewed (`Step.LOOK`).
        wanted: which certificate, and from whom.
        folder: where account and certificate are kept.
        record: the value of the TXT record that the lab waits for; "" where none is known.
        anyway: whether the authority is asked also where the lab doesn't see that record.
    """

    step: Step
    wanted: Acme
    folder: str
    record: str = ""
    anyway: bool = False

    def encode(self) -> bytes:
        """Write it for the process."""
        return json.dumps({**asdict(self), "step": self.step.value}).encode()

    @classmethod
    def decode(cls, text: bytes) -> Order:
        """Read it in the process."""
        said: dict[str, Any] = json.loads(text)
        return cls(**{**said, "step": Step(said["step"]), "wanted": Acme(**said["wanted"])})


@dataclass(frozen=True)
class AcmeOutcome:
    """What came of it.

    Attributes:
        trouble: why there is no certificate; None if there is, or none was asked for.
        renew_at: when the authority wants it renewed, UTC; None where it says nothing.
        look_at: when it wants to be asked that again, UTC; likewise.
    """

    trouble: AcmeTrouble | None = None
    renew_at: dt.datetime | None = None
    look_at: dt.datetime | None = None

    def encode(self) -> bytes:
        """Write it for the Hub."""
        said = {
            "trouble": asdict(self.trouble) if self.trouble else None,
            "renew_at": self.renew_at.isoformat() if self.renew_at else None,
            "look_at": self.look_at.isoformat() if self.look_at else None,
        }
        return json.dumps(said).encode()

    @classmethod
    def decode(cls, text: bytes) -> AcmeOutcome:
        """Read it in the Hub; a process that has said nothing else has failed."""
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
