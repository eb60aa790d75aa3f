"""Who is calling: client keys, their scopes, and whose objects a client may see."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db.models import Model, QuerySet
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from oms.api.models import ApiClient
from oms.kernel import actors, clock
from oms.kernel.actors import Actor
from oms.kernel.errors import InvalidValue

SCOPES: dict[str, str] = {
    "read": "read everything",
    "orders": "place, read and cancel orders; ask for availability; hold units for a cart",
    "catalog": "SKUs, locations and channels",
    "purchasing": "suppliers, purchase orders, inbound shipments and receipts",
    "warehouse": "receipts, counts, holds, picks, shipments and returns",
    "policies": "ATP rules, caps and cancellation policies",
    "service": "customers' choices, causes and cancellations",
    "admin": "everything",
}
# What people type when they mean a key for everything.
_EVERYTHING = {"*", "all", "write"}
# `last_used_at` tells a living key from a dead one; a write per request would tell no more.
_USE_IS_NOTED_EVERY = timedelta(minutes=1)

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Caller:
    """The client behind a request or a bulk job, and the name its deeds are written under."""

    client: ApiClient

    @property
    def actor(self) -> Actor:
        """As it stands in `*_by` columns."""
        return actors.client(self.client.name)

    @property
    def source(self) -> str:
        """What makes an `external_id` unique: ids of different clients may be the same."""
        return self.client.name

    @property
    def person(self) -> AbstractBaseUser | None:
        """The member of the staff it is, as histories know people; none for a key."""
        return None

    @property
    def why(self) -> str:
        """What stands in the history of a policy beside its change."""
        return str(self.actor)

    def may(self, scopes: Iterable[str]) -> bool:
        """Whether the key holds one of these scopes."""
        held = set(self.client.scopes)
        return "admin" in held or not held.isdisjoint(scopes)

    def within(self, rows: QuerySet[Row], *, channel: str = "", location: str = "") -> QuerySet[Row]:
        """Only the rows of the client's own channel and location; the arguments are lookup paths to them."""
        if channel and self.client.channel_id:
            rows = rows.filter(**{channel: self.client.channel_id})
        if location and self.client.location_id:
            rows = rows.filter(**{location: self.client.location_id})
        return rows


@dataclass(frozen=True, slots=True)
class Staff(Caller):
    """A person who has in the admin what a client has over REST; what they may is asked before."""

    user: AbstractUser
    reason: str = ""

    @classmethod
    def of(cls, user: AbstractUser, reason: str = "") -> "Staff":
        """The caller that a person is, without channel or location of their own."""
        return cls(ApiClient(name=user.get_username()), user, reason)

    @property
    def actor(self) -> Actor:
        return actors.user(self.user.get_username())

    @property
    def source(self) -> str:
        return str(self.actor)

    @property
    def person(self) -> AbstractBaseUser:
        return self.user

    @property
    def why(self) -> str:
        return self.reason

    def may(self, scopes: Iterable[str]) -> bool:
        return self.user.is_active


class ClientKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <client key>`; the client becomes `request.auth`, there is no user."""

    def authenticate(self, request: Request) -> tuple[Any, ApiClient] | None:
        words = get_authorization_header(request).split()
        if not words:
            return None
        if len(words) != 2 or words[0].lower() != b"bearer":
            raise AuthenticationFailed("Send the header as: Authorization: Bearer <client key>.")
        client = ApiClient.objects.filter(key_hash=hash_of(words[1]), is_active=True).first()
        if client is None:
            raise AuthenticationFailed("This client key is not known or was revoked.")
        _note_use(client)
        return AnonymousUser(), client

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def caller_of(request: Request) -> Caller:
    """The caller of an authenticated request, or 401."""
    if not isinstance(request.auth, ApiClient):
        raise NotAuthenticated
    return Caller(request.auth)


def new_key() -> str:
    """A key of 256 random bits; the prefix lets people and scanners tell what it is."""
    return f"oms_{secrets.token_urlsafe(32)}"


def hash_of(key: bytes | str) -> str:
    """What is stored of a key. Its 256 bits need no salt and no slow hash."""
    return hashlib.sha256(key if isinstance(key, bytes) else key.encode()).hexdigest()


def make_client(*, name: str, scopes: Iterable[str], **restrictions: Any) -> tuple[ApiClient, str]:
    """A new client and its key, which is told only now; raises InvalidValue for an unknown scope."""
    key = new_key()
    client = ApiClient.objects.create(
        name=name,
        key_prefix=key[:12],
        key_hash=hash_of(key),
        scopes=known_scopes(scopes),
        created_at=clock.now(),
        **restrictions,
    )
    return client, key


def replace_key(client: ApiClient) -> str:
    """Give the client another key; the old one is dead at once."""
    key = new_key()
    client.key_prefix, client.key_hash = key[:12], hash_of(key)
    client.save(update_fields=["key_prefix", "key_hash"])
    return key


def known_scopes(words: Iterable[str]) -> list[str]:
    """The scopes in the order of the table, each once; `*`, `all` and `write` mean admin."""
    asked = {"admin" if word in _EVERYTHING else word for word in words}
    if unknown := sorted(asked - SCOPES.keys()):
        raise InvalidValue(f"Unknown scope {unknown[0]!r}; there are {', '.join(SCOPES)}.", field="scope")
    return [scope for scope in SCOPES if scope in asked]


def _note_use(client: ApiClient) -> None:
    now = clock.now()
    if client.last_used_at is None or now - client.last_used_at > _USE_IS_NOTED_EVERY:
        ApiClient.objects.filter(pk=client.pk).update(last_used_at=now)
