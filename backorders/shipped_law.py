"""The rows of law a new installation starts from; what people edited or removed stays as they left it."""

from collections.abc import Mapping

from django.db import transaction

from backorders.models import DelayPolicy
from backorders.rules import law

SHIPPED: Mapping[str, tuple[str, law.DelayPolicy]] = {
    "us-mail-order": ("US: mail, internet and telephone orders", law.US_DELAY),
    "us-ca-delay": ("California: notice and refund", law.CALIFORNIA_DELAY),
    "eu-consumer-rights": ("EU: delivery and withdrawal", law.EU_CONTRACTS),
    "eu-withdrawal-button": ("EU: online withdrawal function", law.EU_WITHDRAWAL_BUTTON),
    "uk-consumer-rights": ("UK: delivery and cancellation", law.UK_CONTRACTS),
    "default": ("Elsewhere: thirty days", law.DEFAULT_DELAY),
}


@transaction.atomic
def add_missing() -> list[str]:
    """Add the shipped rows that were never there; returns their codes. Repeating it changes nothing."""
    known = set(DelayPolicy.history.values_list("code", flat=True))
    missing = [code for code in SHIPPED if code not in known]
    for code in missing:
        _row(code).save()
    return missing


def _row(code: str) -> DelayPolicy:
    name, rule = SHIPPED[code]
    plain = ("country", "state", "source", "valid_from", "valid_to", "default_days", "credit_days")
    more = ("consent_days", "may_end_late_part", "withdrawal_days", "uninformed_months")
    refund = rule.refund
    return DelayPolicy(
        code=code,
        name=name,
        **{field: getattr(rule, field) for field in (*plain, *more)},
        clock=rule.clock.value,
        is_consumers_only=rule.consumers_only,
        is_lapsing=rule.lapses,
        is_cause_needed=rule.reason_if_undated,
        is_told_as_duration=rule.notice_as_duration,
        may_set_extra_period=rule.extra_period,
        is_substitute_asked=rule.substitute_needs_yes,
        is_fee_forbidden=rule.fee_forbidden,
        has_online_withdrawal=rule.online_withdrawal,
        refund_days=refund.days if refund else None,
        refund_count=refund.count.value if refund else DelayPolicy.Count.CALENDAR,
        refund_target_days=refund.target_days if refund else None,
    )
