"""What the demo's customers answer when asked about a delay; most take their time, some say nothing."""

from random import Random

from backorders import choosing
from backorders.models import Choice, DelayCase
from inventory.models import Alternative
from oms.demo.acting import act
from oms.kernel.actors import customer
from oms.kernel.errors import DomainError

DAILY_SHARE = 0.2
ANSWERS = (
    *([Choice.Answer.WAIT] * 11),
    *([Choice.Answer.CANCEL] * 4),
    *([Choice.Answer.SWITCH] * 3),
    *([Choice.Answer.SHIP_READY] * 2),
)


def answer_some(random: Random) -> int:
    """Have some of the customers with an open question answer it; gives how many did."""
    asked = DelayCase.objects.filter(closed_at=None, answers=None).select_related("order_line").order_by("pk")
    return sum(answer(case, random.choice(ANSWERS)) for case in asked if random.random() < DAILY_SHARE)


def answer(case: DelayCase, choice: str) -> bool:
    """Give one answer, or waiting where that answer was not offered; False where it was refused."""
    offered = choice if choice in case.choices else Choice.Answer.WAIT
    instead = None
    if offered == Choice.Answer.SWITCH:
        first = Alternative.objects.filter(sku_id=case.order_line.sku_id).order_by("rank").first()
        instead = first.alternative_id if first else None
    who = customer(f"case-{case.pk}")
    try:
        act(choosing.record_choice, case_id=case.pk, choice=offered, alternative_id=instead, actor=who)
    except DomainError:
        # What they wish for may have become impossible since they were asked: then they say nothing.
        return False
    return True
