"""The LIFF page's pure modules, by node's own test runner."""

import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")
ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(NODE is None, reason="node is not installed; `make test` installs it")
def test_the_pages_pure_modules(tmp_path: Path):
    # Debian's node 18 takes a .js file for a module only where a package.json says so.
    (tmp_path / "package.json").write_text('{"type": "module"}')
    for folder in ("liff_app/static", "tests/unit/liff_app"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    tests = [str(path) for path in (tmp_path / "tests/unit/liff_app").glob("*.test.mjs")]
    assert tests
    done = subprocess.run([str(NODE), "--test", *tests], capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
