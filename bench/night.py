"""The nightly job over 20,000 SKUs and 200,000 open backorders: minutes, and how much memory it takes."""

from bench import cluster


def main(seconds: float = 10.0) -> int:
    """Measure and print; 1 if the books do not balance or the night takes too long."""
    with cluster.alone():
        # Needs Django set up on that database.
        from bench import nights

        return nights.main()
