"""“Why this date?”: every shape a basis ever had, in every language, for staff and for customers."""

from string import Formatter
from typing import Any

import pytest

from backorders.rules.explaining import SUPPLIES_TOLD, Step, explain, lines_named
from backorders.rules.saying import Audience, sentences
from backorders.rules.sentences import LANGUAGES, Language
from backorders.rules.types import SupplyKind, trust_in_words

MEASURED = {
    "median_days": 2,
    "level_days": 5,
    "basis": "measured",
    "samples": 10,
    "group": "supplier × SKU",
    "level": 0.8,
}
PROMISED: dict[str, Any] = {
    "rule": {"id": 3, "name": "Chairs", "version": 2, "mode": "backorder"},
    "service_level": "0.800",
    "state": "backorder",
    "mode": "accidental",
    "now_qty": 1,
    "later_qty": 4,
    "supplies": [
        {"sku": "CHAIR", "supply_id": 1, "kind": "stock", "reference": "", "location": "MAIN", "qty": 1},
        {
            "sku": "CHAIR",
            "supply_id": 2,
            "kind": "purchase",
            "reference": "PO-7",
            "location": "MAIN",
            "qty": 4,
            "expected_on": "2026-04-10",
            "supply_qty": 20,
            "claimed_before": 12,
            "buffer": MEASURED,
        },
    ],
    "calendar": [
        {"step": "expected", "on": "2026-04-10", "buffer_days": 5, "until": "2026-04-15"},
        {"step": "received", "days": 0, "on": "2026-04-15"},
        {"step": "packed", "days": 1, "on": "2026-04-16"},
        {
            "step": "shipped",
            "on": "2026-04-16",
            "days": 2,
            "region": "DE",
            "delivered_on": "2026-04-20",
        },
    ],
    "caps": [{"cap": "Spring", "max_open_units": 100, "used": 59, "monitor_only": False}],
    "charge": {"policy": "at_order"},
}
# What promises of the first months kept: sentences for a calendar, ids for lines, no ahead, no claims.
OLD: dict[str, Any] = {
    "rule": {"id": 3, "name": "Chairs", "version": 1, "mode": "backorder"},
    "service_level": "0.900",
    "supplies": [
        {
            "sku": "CHAIR",
            "supply_id": 2,
            "kind": "purchase",
            "reference": "PO-7",
            "location": "MAIN",
            "qty": 4,
            "expected_on": "2026-05-30",
            "buffer": {"median_days": 0, "level_days": 3, "basis": "fixed"},
        }
    ],
    "calendar": ["Expected Sat 30 May 2026, and 3 days of buffer: Tue 2 Jun 2026."],
    "was": "2026-05-12",
    "lost_to": [41],
    "charge": None,
    "mode": "accidental",
}


def test_a_promise_tells_staff_everything_it_was_made_from() -> None:
    assert sentences(explain(PROMISED)) == [
        "Rule “Chairs”, version 2 (backorder), dated for a service level of 80%.",
        "1 from stock at once, 4 later.",
        "1 of CHAIR from stock at MAIN.",
        "4 of CHAIR from purchase PO-7 at MAIN, expected Fri 10 Apr 2026.",
        "12 units of its 20 are claimed by orders ahead.",
        "Buffer 5 days: of 10 deliveries measured (this supplier and SKU), 80% came no later than that.",
        "Expected Fri 10 Apr 2026, and 5 days of buffer: Wed 15 Apr 2026.",
        "Put away after 0 working days of receiving: Wed 15 Apr 2026.",
        "Ready to ship after 1 working day of packing: Thu 16 Apr 2026.",
        "Shipped Thu 16 Apr 2026, 2 working days of transit to DE: delivered Mon 20 Apr 2026.",
        "Cap “Spring”: 59 of 100 units used.",
    ]


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        (
            "en",
            [
                "It is here in our warehouse.",
                "It comes with a delivery that we expect on Fri 10 Apr 2026.",
                "12 units of that delivery are for customers who ordered before you.",
                "We add 5 days: 80% of past deliveries came no later than that.",
                "Packing it takes us 1 working day.",
                "The carrier takes 2 working days: it is with you by Mon 20 Apr 2026.",
            ],
        ),
        (
            "de-AT",
            [
                "Es liegt in unserem Lager.",
                "Es kommt mit einer Lieferung, die wir am Fr., 10. Apr. 2026 erwarten.",
                "12 Stück dieser Lieferung sind für Kunden, die vor Ihnen bestellt haben.",
                "Wir geben 5 Tage dazu: 80\N{NO-BREAK SPACE}% früherer Lieferungen kamen nicht später "
                "als das.",
                "Für das Packen brauchen wir 1 Arbeitstag.",
                "Der Versanddienst braucht 2 Arbeitstage: bei Ihnen bis Mo., 20. Apr. 2026.",
            ],
        ),
    ],
)
def test_customers_read_it_in_fewer_words(locale: str, words: list[str]) -> None:
    assert sentences(explain(PROMISED), locale=locale, audience=Audience.CUSTOMER) == words


def test_customers_read_no_rule_cap_document_or_name() -> None:
    basis = {**PROMISED, "lost_to_names": ["SO-9/1"], "ahead": {"lines": 3, "units": 12}}

    for locale in LANGUAGES:
        said = " ".join(sentences(explain(basis), locale=locale, audience=Audience.CUSTOMER))
        for secret in ("Chairs", "Spring", "PO-7", "SO-9", "MAIN", "CHAIR", "100"):
            assert secret not in said


def test_a_promise_made_long_ago_explains_itself() -> None:
    assert sentences(explain(OLD, cause="supplier_late", cause_words="our supplier is running late")) == [
        "Promised before: Tue 12 May 2026.",
        "Why it moved: our supplier is running late.",
        "Rule “Chairs”, version 1 (backorder), dated for a service level of 90%.",
        "4 of CHAIR from purchase PO-7 at MAIN, expected Sat 30 May 2026.",
        "Buffer 3 days, as the rule sets it.",
        "Expected Sat 30 May 2026, and 3 days of buffer: Tue 2 Jun 2026.",
        "Units it had went to #41, ahead of it in the queue.",
    ]
    assert lines_named(OLD) == [41]
    assert "Units it had went to SO-3/1, ahead of it in the queue." in sentences(
        explain(OLD, names={41: "SO-3/1"})
    )


def test_a_basis_with_names_needs_nobody_to_look_them_up() -> None:
    basis = {"lost_to": [41, 42], "lost_to_names": ["SO-3/1", "SO-4/2"]}

    assert lines_named(basis) == []
    assert sentences(explain(basis)) == ["Units it had went to SO-3/1 and SO-4/2, ahead of it in the queue."]


@pytest.mark.parametrize(
    "basis",
    [
        {},
        {"rule": None},
        {"supplies": None, "calendar": None, "caps": None, "lost_to": None, "ahead": None},
        {"supplies": [{}], "calendar": [{"step": "something_new", "on": "2026-01-01"}], "caps": [{}]},
        {"rule": {}, "service_level": None, "now_qty": None, "volatility": 3},
    ],
)
def test_whatever_is_missing_breaks_nothing(basis: dict[str, Any]) -> None:
    for locale in LANGUAGES:
        for audience in Audience:
            assert isinstance(sentences(explain(basis), locale=locale, audience=audience), list)


def test_who_is_ahead_is_counted() -> None:
    assert sentences(explain({"ahead": {"lines": 3, "units": 12}})) == [
        "3 lines with 12 units ahead in the queue."
    ]
    assert explain({"ahead": {"lines": 0, "units": 0}}) == []


def test_goods_already_late_say_what_they_were_compared_with() -> None:
    supply = {**PROMISED["supplies"][1], "buffer": {**MEASURED, "late_by": 3}}

    assert "It is late already: only deliveries more than 3 days late were compared." in sentences(
        explain({"supplies": [supply]})
    )


def test_a_refusal_names_its_reason_and_cap() -> None:
    refused = {"refused_qty": 5, "reason": "cap_reached", "refused_by": "Spring"}

    assert sentences(explain(refused)) == ["5 units refused: a cap is reached (“Spring”)."]
    assert sentences(explain({**refused, "refused_by": "", "reason": "no_supply"}), locale="fr") == [
        "5 pièces refusées : aucun approvisionnement ne le couvre."
    ]
    assert sentences(explain(refused), audience=Audience.CUSTOMER) == ["We cannot promise 5 units."]


def test_caps_say_what_they_do() -> None:
    caps = [
        {"cap": "A", "max_open_units": None, "used": 5, "monitor_only": False},
        {"cap": "B", "max_open_units": 9, "used": 5, "monitor_only": True},
    ]

    assert sentences(explain({"caps": caps})) == [
        "Cap “A”: 5 units used, no ceiling.",
        "Cap “B”: 5 of 9 units used; it only watches.",
    ]


def test_of_many_supplies_the_first_are_told() -> None:
    supply = PROMISED["supplies"][0]
    many = [{**supply, "location": f"L{number}"} for number in range(SUPPLIES_TOLD + 4)]

    said = sentences(explain({"supplies": many}))

    assert len(said) == SUPPLIES_TOLD + 1
    assert said[-1] == "And 4 more supplies."


def test_programs_read_steps_with_their_facts() -> None:
    told = [step.told() for step in explain(PROMISED)]

    assert told[0] == {"step": "rule", "name": "Chairs", "version": 2, "mode": "backorder", "level": 0.8}
    assert told[5] == {
        "step": "buffer",
        "buffer_days": 5,
        "median_days": 2,
        "measured": True,
        "samples": 10,
        "group": "supplier × SKU",
        "level": 0.8,
    }


def test_what_people_named_is_said_as_it_is() -> None:
    rule = {"name": "{qty} for {nobody}", "version": 1, "mode": "backorder"}

    assert sentences([*explain({"rule": rule})]) == ["Rule “{qty} for {nobody}”, version 1 (backorder)."]


# -- languages


def _values(phrases: Any) -> dict[str, set[str]]:
    return {
        key: {name for _, name, _, _ in Formatter().parse(words) if name} for key, words in phrases.items()
    }


@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_every_language_says_all_and_fills_in_the_same(language: str) -> None:
    english, other = LANGUAGES["en"], LANGUAGES[language]

    assert other.names.keys() == english.names.keys()
    assert other.nouns.keys() == english.nouns.keys()
    assert _values(other.staff) == _values(english.staff)
    assert _values(other.customer) == _values(english.customer)
    assert (len(other.months.split()), len(other.weekdays.split())) == (12, 7)


def test_no_words_are_left_in_english() -> None:
    def phrases(language: Language) -> dict[str, str]:
        return {**language.staff, **{f"customer {key}": words for key, words in language.customer.items()}}

    english = phrases(LANGUAGES["en"])
    for language in ("de", "fr", "es"):
        same = [key for key, words in phrases(LANGUAGES[language]).items() if words == english[key]]
        assert same == ["said"]


@pytest.mark.parametrize("locale", ["xx", "", "pt_BR", "EN-us"])
def test_a_language_we_do_not_have_is_answered_in_english(locale: str) -> None:
    assert sentences([Step("no_rule", {}, "no_rule")], locale=locale) == [
        "No ATP rule spoke for it: only stock counts."
    ]


BORROWED: dict[str, Any] = {
    "supplies": [
        {
            "sku": "CHAIR",
            "kind": "stock",
            "location": "MAIN",
            "qty": 3,
            "standing": "on hand",
            "borrowed_from": [
                {"line": 41, "qty": 2, "covered_by": 9},
                {"line": 42, "qty": 1, "covered_by": 9},
            ],
        },
        {
            "sku": "CHAIR",
            "kind": "purchase",
            "reference": "PO-7",
            "location": "MAIN",
            "qty": 4,
            "expected_on": "2026-04-10",
            "standing": "on the way",
            "yield": {"share": 0.9, "samples": 12, "group": "supplier"},
        },
    ]
}


def test_what_is_trusted_lent_and_counted_on_is_said() -> None:
    assert sentences(explain(BORROWED)) == [
        "3 of CHAIR from stock at MAIN.",
        "3 units of it are lent by 2 lines wanted later; what comes in covers them again.",
        "4 of CHAIR from purchase PO-7 at MAIN, expected Fri 10 Apr 2026.",
        "How sure that is: on its way.",
        "Only 90% of what was ordered is counted on: 12 deliveries came so complete (this supplier).",
    ]
    named = sentences(explain(BORROWED, names={41: "1001/1", 42: "1002/3"}))
    assert named[1] == (
        "3 units of it are lent by 1001/1 and 1002/3, wanted later; what comes in covers them again."
    )
    assert lines_named(BORROWED) == [41, 42]


@pytest.mark.parametrize(
    ("locale", "staff", "customer"),
    [
        ("de", "Wie sicher das ist: unterwegs.", "Es ist schon zu uns unterwegs."),
        ("fr", "Degré de certitude : en route.", "C’est déjà en route vers nous."),
        ("es", "Qué seguridad tiene: en camino.", "Ya está en camino hacia nosotros."),
    ],
)
def test_they_are_said_in_each_language_and_customers_hear_no_lenders(
    locale: str, staff: str, customer: str
) -> None:
    assert staff in sentences(explain(BORROWED), locale=locale)
    told = sentences(explain(BORROWED), locale=locale, audience=Audience.CUSTOMER)
    assert customer in told
    assert len(told) == 3


def test_a_yield_of_all_that_was_ordered_goes_without_saying() -> None:
    supply = {**BORROWED["supplies"][1], "yield": {"share": 1.0, "samples": 12, "group": "supplier"}}

    steps = explain({"supplies": [supply]})

    assert [step.told() for step in steps if step.kind == "yield"] == [
        {"step": "yield", "share": 1.0, "samples": 12, "group": "supplier"}
    ]
    assert sentences(steps)[-1] == "How sure that is: on its way."


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_every_standing_has_a_name_in_every_language(language: Language) -> None:
    kinds = [
        (kind, sure, aboard) for kind in SupplyKind for sure in (True, False) for aboard in (True, False)
    ]

    standings = {trust_in_words(*what) for what in kinds}

    assert {f"standing.{words}" for words in standings} <= language.names.keys()
