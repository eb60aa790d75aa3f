"""Who did it: a person, a client key or a job, written on every fact as one string."""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    USER = "user"
    CLIENT = "client"
    JOB = "job"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Actor:
    """The doer of a command; `str(actor)` is what `*_by` columns hold, such as `user:anna`."""

    kind: ActorKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"[:120]


def user(name: str) -> Actor:
    """A person of the staff, by user name."""
    return Actor(ActorKind.USER, name)


def client(name: str) -> Actor:
    """An API client, by the name of its key."""
    return Actor(ActorKind.CLIENT, name)


def job(name: str) -> Actor:
    """A scheduled or queued job."""
    return Actor(ActorKind.JOB, name)


def customer(reference: str) -> Actor:
    """The customer, by an opaque reference (never an e-mail address)."""
    return Actor(ActorKind.CUSTOMER, reference)
