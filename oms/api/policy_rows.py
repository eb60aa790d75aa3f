"""What ATP rules, caps and other policies share: versions, scopes by code, and the what-if."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from backorders import policies, refusals, whatif
from backorders.models import Cap, Protection
from backorders.policies import AnyPolicy
from oms.api import etags, filtering, locks, refs
from oms.api.access import Caller
from oms.api.fields import Body, Day, OptionalCode, OptionalText, iso
from oms.api.idempotency import Answer
from oms.api.operations import Call, Command, Listing, Operation, Post, Read, one
from oms.api.whatif_rows import moved, recent_demand, refused_demand
from oms.kernel import clock

READERS = ("read", "policies")
WRITERS = ("policies",)


class Number(serializers.DecimalField):
    """A JSON number with a bounded number of decimals, kept exactly."""

    def __init__(self, digits: int, places: int, **kwargs: Any) -> None:
        super().__init__(max_digits=digits, decimal_places=places, coerce_to_string=False, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool) or not isinstance(data, int | float | str):
            self.fail("invalid")
        return super().to_internal_value(repr(data) if isinstance(data, float) else data)

    def to_representation(self, value: Any) -> Any:
        return float(value)


class ScopeIn(Body):
    """Whom a policy is for; what is empty or left out is for all."""

    sku = OptionalCode()
    category = OptionalText(max_length=80)
    channel = OptionalCode(max_length=40)
    region = OptionalText(max_length=40)


class PolicyOut(serializers.Serializer[Any]):
    """What every policy is shown with; null is for all."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    sku = serializers.CharField(allow_null=True)
    category = serializers.CharField(allow_null=True)


class ScopeOut(PolicyOut):
    """A policy that may be for one channel or region."""

    channel = serializers.CharField(allow_null=True)
    region = serializers.CharField(allow_null=True)


class PolicyFilter(filtering.RowFilter):
    """How policies may be picked out."""

    name = filtering.Exact(field_name="name")
    sku = filtering.Codes(field_name="sku__code")
    category = filtering.Exact(field_name="category")


class ScopeFilter(PolicyFilter):
    """How policies for channels and regions may be picked out."""

    channel = filtering.Codes(field_name="channel__code")
    region = filtering.Exact(field_name="region")


class PolicyKind:
    """How one kind of policy is written and shown; its operations are made of it."""

    model: ClassVar[type[Any]]
    # Names on the wire that differ from the columns.
    columns: ClassVar[Mapping[str, str]] = {}
    named: ClassVar[tuple[str, ...]] = ("sku", "channel")
    window: ClassVar[tuple[str, str] | None] = None

    @classmethod
    def rows(cls, call: Call) -> QuerySet[Any]:
        """Policies of the client's channel, with the codes they name."""
        return call.caller.within(cls.model.objects.select_related(*cls.named), channel="channel")

    @classmethod
    def filled(cls, policy: Any, data: Mapping[str, Any], caller: Caller) -> Any:
        """Put the given values on a row, unsaved."""
        cls.columned(policy, data, caller)
        if caller.client.channel_id:
            policy.channel = caller.client.channel
        if cls.window:
            _in_order(policy, *cls.window)
        return policy

    @classmethod
    def columned(cls, policy: Any, data: Mapping[str, Any], caller: Caller) -> Any:
        """Put each value in its column, codes as the rows they name."""
        for name, value in data.items():
            if name in cls.named:
                setattr(policy, name, _row_named(name, value, caller))
            else:
                setattr(policy, cls.columns.get(name, name), value)
        return policy


class PolicyOperation(Operation):
    """Anything done with one kind of policy."""

    policy: ClassVar[type[PolicyKind]]


class ListPolicies(PolicyOperation, Listing):
    """All policies of this kind."""

    scopes = READERS
    orderings = ("id", "name")
    ordering = "id"

    def rows(self) -> QuerySet[Any]:
        return self.policy.rows(self.call)


class GetPolicy(PolicyOperation, Read):
    """One policy with its version as ETag."""

    scopes = READERS

    def read(self) -> Answer:
        row = one(self.policy.rows(self.call), pk=self.where["id"])
        return Answer(self.out(row), 200, {"ETag": etags.tag_of(row.version)})


class AddPolicy(PolicyOperation, Post):
    """A new policy; the SKUs it speaks for are planned again."""

    scopes = WRITERS

    def perform(self, data: Any) -> Answer:
        row = save(self.policy.filled(self.policy.model(), data, self.caller), self.caller)
        return self.done(one(self.policy.rows(self.call), pk=row.pk), version=row.version)


class ChangePolicy(PolicyOperation, Command):
    """Write a policy anew (PUT) or in part (PATCH), based on the version named by If-Match."""

    scopes = WRITERS
    is_versioned = True
    is_partial: ClassVar[bool] = False

    def checked(self, body: Any) -> Any:
        given = self.Input(data=body, partial=self.is_partial)
        given.is_valid(raise_exception=True)
        return given.validated_data

    def perform(self, data: Any) -> Answer:
        row = locked_row(self)
        policies.changed(policy=row, cause="policy_changed", by=str(self.actor))
        save(self.policy.filled(row, data, self.caller), self.caller)
        return self.done(one(self.policy.rows(self.call), pk=row.pk), version=row.version)


class RemovePolicy(PolicyOperation, Command):
    """Remove a policy; promises made by it keep its name and version."""

    scopes = WRITERS
    is_versioned = True
    status = 204

    def perform(self, data: Any) -> Answer:
        row = locked_row(self)
        policies.changed(policy=row, cause="policy_changed", by=str(self.actor))
        _signed(row, self.caller)
        row.delete()
        return Answer(None, self.status)


class PreviewPolicy(PolicyOperation, Command):
    """What a policy would change; nothing is written. Below an id: what changing that one would."""

    scopes = READERS
    status = 200
    is_partial: ClassVar[bool] = False

    def checked(self, body: Any) -> Any:
        given = self.Input(data=body, partial=self.is_partial)
        given.is_valid(raise_exception=True)
        return given.validated_data

    def perform(self, data: Any) -> Answer:
        asked = {name: data.pop(name, None) for name in self.questions}
        rows = self.policy.rows(self.call)
        row = one(rows, pk=self.where["id"]) if "id" in self.where else self.policy.model()
        touched = set(policies.touched_skus(row) or ()) if row.pk else set[int]()
        policy = self.policy.filled(row, data, self.caller)
        touched |= set(policies.touched_skus(policy) or ())
        looked_at = sorted(touched)[: whatif.MOST_QUEUES]
        before, waiting = self.look(policy, asked), whatif.standings(looked_at)
        # Written and taken back: the same decision as in earnest, and nothing of it stays.
        sandbox = transaction.savepoint()
        save(policy, self.caller)
        after, then = self.look(policy, asked), whatif.standings(looked_at)
        transaction.savepoint_rollback(sandbox)
        changed = [
            {"subject": subject, "before": before[subject], "after": after[subject]}
            for subject in after
            if before.get(subject) != after[subject]
        ]
        who = {"skus": len(touched), "skus_looked_at": len(looked_at), **moved(whatif.moved(waiting, then))}
        recent = None
        if isinstance(policy, Cap | Protection):
            # Neither moves a claim: they say what they would have kept out.
            refused = refusals.of(policy)
            who, recent = {**who, **refused_demand(refused)}, recent_demand(refused.recent)
        told = {"looked_at": len(after), "changed": changed, "open_demand": who, "recent_demand": recent}
        return Answer(told, self.status)

    questions: ClassVar[tuple[str, ...]] = ()

    def look(self, policy: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
        """What holds now, by subject."""
        raise NotImplementedError


def save(policy: AnyPolicy, caller: Caller) -> AnyPolicy:
    """Save under the caller's name, and have what it touches planned again."""
    _signed(policy, caller)
    policy.save()
    policies.changed(policy=policy, cause="policy_changed", by=str(caller.actor))
    return policy


def locked_row(operation: PolicyOperation) -> Any:
    """The policy of the address, kept from other writers, in the version that If-Match names."""
    rows = operation.policy.rows(operation.call)
    row = one(locks.locked(rows), pk=operation.where["id"])
    etags.require(operation.call.headers, row.version)
    return row


def scope_body(policy: Any) -> dict[str, Any]:
    """Whom it is for, by code; null for all."""
    return {
        "sku": policy.sku.code if policy.sku else None,
        "category": policy.category or None,
        "channel": policy.channel.code if policy.channel else None,
        "region": policy.region or None,
    }


def days(policy: Any, names: Iterable[str]) -> dict[str, str | None]:
    """Dates of a policy as text."""
    return {name: iso(getattr(policy, name)) for name in names}


def optional_day() -> Day:
    """A date that may be left open."""
    return Day(allow_null=True, default=None)


def today() -> Any:
    """The day previews look at."""
    return clock.now().date()


def _signed(policy: Any, caller: Caller) -> None:
    # History knows people by account; a client key has none, so its name stands in the reason.
    policy._history_user = caller.person
    policy._change_reason = caller.why[:100]


def _row_named(name: str, code: str, caller: Caller) -> Any:
    if not code:
        return None
    if name == "channel":
        return refs.channel(caller, code)
    if name == "location":
        return refs.location(caller, code)
    return {"sku": refs.sku, "supplier": refs.supplier}[name](code)


def _in_order(policy: Any, start: str, end: str) -> None:
    first, last = getattr(policy, start), getattr(policy, end)
    if first and last and last < first:
        raise ValidationError({end: [ErrorDetail(f"This is before {start}.", code="out_of_order")]})
