"""Every list of the admin, its searches, filters and pages, in a shop of a million order lines."""

from bench import cluster

LINES = 1_000_000


def main(seconds: float = 10.0, lines: int = LINES) -> int:
    """Measure and print; 1 if a page took a second or longer, or the books do not balance."""
    with cluster.alone():
        # Needs Django set up on that database.
        from bench import desk

        return desk.main(lines=lines)
