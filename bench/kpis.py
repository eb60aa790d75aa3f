"""Key figures over a year of five million order lines: each answer's seconds, and what a day costs to sum."""

import os

from bench import cluster


def main(seconds: float = 10.0) -> int:
    """Measure and print; 1 if an answer takes a second or longer. BENCH_LINES: so many lines a year."""
    with cluster.alone():
        # Needs Django set up on that database.
        from bench import figures

        return figures.main(lines=int(os.environ.get("BENCH_LINES", "5000000")))
