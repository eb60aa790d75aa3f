"""`make bench`: run the benchmarks; `ARGS="--seconds 5"` for shorter ones."""

import argparse
import sys

from bench import orders


def main() -> int:
    """Run them all; the exit status is 1 if one of them saw something that must not be."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each timed run")
    options = parser.parse_args()
    return orders.main(seconds=options.seconds)


if __name__ == "__main__":
    sys.exit(main())
