"""The words the rules speak."""

from backorders.rules.types import RuleMode, Supply, SupplyKind, WaitMode, trust_of, wait_mode_of
from tests.rules.worlds import TODAY, inbound, stock


def test_trust_goes_from_stock_down_to_what_is_only_planned() -> None:
    ladder = [
        trust_of(SupplyKind.STOCK),
        trust_of(SupplyKind.HOLD),
        trust_of(SupplyKind.TRANSFER),
        trust_of(SupplyKind.PURCHASE, confirmed=True),
        trust_of(SupplyKind.PURCHASE),
        trust_of(SupplyKind.PRODUCTION),
        trust_of(SupplyKind.PLANNED),
    ]

    assert ladder == [70, 60, 50, 40, 30, 20, 10]
    assert trust_of(SupplyKind.RETURN) == trust_of(SupplyKind.HOLD)


def test_only_a_purchase_is_lifted_by_confirmation() -> None:
    assert trust_of(SupplyKind.PLANNED, confirmed=True) == 10
    assert inbound(1, 1, 5, confirmed=True).trust == 40
    assert stock(1, 1, confirmed=True).trust == 70


def test_a_supply_is_at_no_particular_place_and_unconfirmed_unless_said() -> None:
    assert stock(1, 5) == Supply(1, SupplyKind.STOCK, 5, TODAY, location_id=0, confirmed=False)


def test_every_rule_mode_has_a_mode_of_wait() -> None:
    assert {mode: wait_mode_of(mode) for mode in RuleMode} == {
        RuleMode.DENY: WaitMode.ACCIDENTAL,
        RuleMode.BACKORDER: WaitMode.ACCIDENTAL,
        RuleMode.PREORDER: WaitMode.PREORDER,
        RuleMode.MADE_TO_ORDER: WaitMode.MADE_TO_ORDER,
        RuleMode.LIMITED_DROP: WaitMode.LIMITED_DROP,
        RuleMode.CAPITAL_LIGHT: WaitMode.CAPITAL_LIGHT,
    }


def test_every_wait_but_the_accidental_one_is_intended() -> None:
    assert [mode for mode in WaitMode if not mode.is_intended] == [WaitMode.ACCIDENTAL]
