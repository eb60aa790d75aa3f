"""`make bench`: run the benchmarks; `ARGS="orders --seconds 5"` for some of them, or shorter ones."""

import argparse
import subprocess
import sys
from collections.abc import Callable

from bench import admin, availability, campaign, kpis, night, orders, queues, runs

PARTS: dict[str, Callable[..., int]] = {
    "orders": orders.main,
    "availability": availability.main,
    "queues": queues.main,
    "campaign": campaign.main,
    "runs": runs.main,
    "night": night.main,
    "kpis": kpis.main,
    "admin": admin.main,
}


def main() -> int:
    """Run those asked for; the exit status is 1 if one of them saw something that must not be."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (default: all)")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each timed run")
    parser.add_argument("--lines", type=int, default=admin.LINES, help="order lines of the admin's shop")
    options = parser.parse_args()
    if unknown := set(options.parts) - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if options.parts == ["admin"]:
        return admin.main(seconds=options.seconds, lines=options.lines)
    if len(options.parts) == 1:
        return PARTS[options.parts[0]](seconds=options.seconds)
    # Each in a process of its own: some set Django up on a database of their own, and memory is measured.
    command = [sys.executable, "-m", "bench", f"--seconds={options.seconds}"]
    return max(subprocess.call([*command, part]) for part in options.parts or PARTS)


if __name__ == "__main__":
    sys.exit(main())
