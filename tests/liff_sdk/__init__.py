"""LINE's own SDK, as npm installs it beside this file, bundled into one script as the page loads it from LINE."""

import functools
import subprocess
from pathlib import Path
from typing import Literal

HERE = Path(__file__).parent
_ESBUILD = HERE / "node_modules" / ".bin" / "esbuild"

IS_INSTALLED = _ESBUILD.exists()


@functools.cache
def script(how: Literal["alone", "with_mock"]) -> str:
    """The SDK alone, or with LINE's mock plugin, which answers in LINE's place and asks no network."""
    command = [str(_ESBUILD), f"{how}.js", "--bundle", "--format=iife", "--minify", "--log-level=warning"]
    built = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=60, check=False)
    if built.returncode:
        raise AssertionError(built.stderr)
    return built.stdout
