"""Runs the platform: python -m tests.line_platform --port 8900 --config phones.json."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from tests.line_platform.config import PlatformConfig
from tests.line_platform.errors import ConfigError
from tests.line_platform.platform import LinePlatform


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; return 2 for a configuration that cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m tests.line_platform", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 picks a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--config", type=Path, help="JSON file; without it an empty channel with invented secrets")
    options = parser.parse_args(argv)
    try:
        config = PlatformConfig.from_file(options.config) if options.config else PlatformConfig()
        platform = LinePlatform(config, host=options.host, port=options.port)
    except ConfigError as exc:
        sys.stderr.writelines(f"{problem}\n" for problem in exc.problems)
        return 2
    except OSError as exc:
        sys.stderr.write(f"{options.host}:{options.port}: {exc.strerror}\n")
        return 1
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with platform:
        sys.stdout.write(f"{platform.url}\n")
        sys.stdout.flush()
        stopped.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
