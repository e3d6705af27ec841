"""``python -m tests.bench``: run the benchmarks, print each as a table of ratios, keep them as JSON if asked."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import agent, attendance, chain, codec, ingest, machine, me, page, reports, sheets, startup
from tests.bench.figures import Figure, table
from tests.bench.load import require_wrk
from tests.bench.plan import Plan, say

BENCHES: dict[str, Callable[[Plan], list[Figure]]] = {
    "startup": startup.measure,
    "codec": codec.measure,
    "agent": agent.measure,
    "me": me.measure,
    "sheets": sheets.measure,
    "page": page.measure,
    "attendance-sqlite": attendance.sqlite,
    "attendance-postgresql": attendance.postgresql,
    "attendance-year": attendance.year,
    "reports": reports.measure,
    "chain-sqlite": chain.sqlite,
    "chain-postgresql": chain.postgresql,
    "ingest-sqlite": ingest.sqlite,
    "ingest-postgresql": ingest.postgresql,
    "slow-sqlite": ingest.slow_sqlite,
    "slow-postgresql": ingest.slow_postgresql,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run what was asked for; a goal that is missed is printed, and is no failure."""
    options = _parser().parse_args(argv)
    chosen = {name: bench for name, bench in BENCHES.items() if name.startswith(tuple(options.only or ("",)))}
    if not chosen:
        sys.stderr.write(f"no such benchmark: {', '.join(options.only)}; there are {', '.join(BENCHES)}\n")
        return 2
    require_wrk()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="checkin-bench-") as name:
        folder = Path(name)
        # PostgreSQL's account must be able to load the library that slows its flushes.
        folder.chmod(0o755)
        described = machine.description(folder)
        print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {described}\n")
        plan = Plan(pairs=1, seconds=2, folder=folder) if options.quick else Plan(pairs=3, seconds=4, folder=folder)
        for bench_name, bench in chosen.items():
            figures += _run(bench_name, bench, plan)
    if options.json:
        report = {"machine": described, "figures": [figure.as_json() for figure in figures]}
        options.json.write_text(json.dumps(report, indent=2), encoding="utf-8")
    missed = [figure.name for figure in figures if figure.met is False]
    print(f"goals missed: {'; '.join(missed)}" if missed else "every goal that was measured is met")
    return 0


def _run(name: str, bench: Callable[[Plan], list[Figure]], plan: Plan) -> list[Figure]:
    begin = time.monotonic()
    say(f"{name} …")
    figures = bench(plan)
    print(f"{name} ({time.monotonic() - begin:.0f} s)\n{table(figures)}\n", flush=True)
    return figures


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", help=f"of {', '.join(BENCHES)}, or how they begin")
    parser.add_argument("--quick", action="store_true", help="one short pair of each: does it work, not how fast")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures, with every single value")
    return parser


if __name__ == "__main__":
    sys.exit(main())
