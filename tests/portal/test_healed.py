"""What the customer's page says once a delay is over."""

from tests.portal.test_case_page import Visit
from tests.portal.test_case_page import asked as asked
from tests.portal.test_case_page import visit as visit
from tests.world import World


def test_a_healed_delay_asks_nothing_any_more(visit: Visit, asked: World) -> None:
    asked.slips("PO-7", to="12 Mar", cause="supplier_early")
    asked.settle()

    assert "the delay is over" in visit.text()
