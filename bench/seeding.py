"""What there is to buy while we measure; run inside the stack's environment."""

import django

SKUS = 1_000
PLENTY = 10_000_000
HOT_UNITS = 500


def main() -> None:
    """A channel, a warehouse, a thousand SKUs with plenty of stock, and one hot SKU with little."""
    django.setup()
    from backorders.models import AtpRule
    from inventory.models import Location, Sku, Supply
    from inventory.movements import receive_all
    from oms.kernel.actors import job
    from oms.orders.models import Channel

    Channel.objects.create(code="BENCH")
    AtpRule.objects.create(name="backorders", mode="backorder")
    place = Location.objects.create(code="BENCH", work_days=list(range(7)))
    skus = Sku.objects.bulk_create(Sku(code=f"BENCH-{number}") for number in range(SKUS))
    hot = Sku.objects.create(code="HOT")
    stocks = Supply.objects.bulk_create(
        Supply(sku=sku, location=place, kind=Supply.Kind.STOCK) for sku in (*skus, hot)
    )
    qtys = [(supply.pk, HOT_UNITS if supply.sku_id == hot.pk else PLENTY) for supply in stocks]
    receive_all(qtys, cause="count", reference="bench", actor=job("bench"))


if __name__ == "__main__":
    main()
