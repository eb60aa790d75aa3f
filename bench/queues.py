"""A queue of 50,000 lines on one SKU: what an order, a slip and a receipt cost there, beside bare SQL."""

from bench import cluster


def main(seconds: float = 10.0) -> int:
    """Measure and print; 1 if the books do not balance."""
    with cluster.alone():
        # Needs Django set up on that database.
        from bench import crowd

        return crowd.main()
