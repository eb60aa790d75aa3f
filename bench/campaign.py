"""A slip that concerns 50,000 lines: notices written, told and steered, and a worker killed in between."""

from bench import cluster


def main(seconds: float = 10.0) -> int:
    """Measure and print; 1 if somebody was left out or told twice."""
    with cluster.alone() as url:
        # Needs Django set up on that database.
        from bench import notices

        return notices.main(url, seconds)
