"""The agent's update: signed releases only, and back to the one before where the new one does not work."""

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "hardware" / "raspberry_pi" / "update.sh"
INSTALL = SCRIPT.with_name("install.sh")


class Pi:
    """A folder that stands for a Pi: what would change the machine is a stand-in, update.sh itself is the real one."""

    def __init__(self, folder: Path) -> None:
        self.root, self.etc, self._bin = folder / "opt", folder / "etc", folder / "bin"
        self._folder, self._key = folder, folder / "update.key"
        for each in (self.root / "releases", self.etc / "beacon-agent", self._bin):
            each.mkdir(parents=True)
        self._program(self._bin / "systemctl", f'echo "$@" >> {folder}/systemctl.log')
        _run("openssl", "genpkey", "-algorithm", "ed25519", "-out", str(self._key))
        public = self.etc / "beacon-agent" / "update.pub"
        _run("openssl", "pkey", "-in", str(self._key), "-pubout", "-out", str(public))
        self.install("old", works=True)

    def install(self, name: str, *, works: bool) -> None:
        """What install.sh leaves behind."""
        program = self.root / "releases" / name / "bin" / "beacon-agent"
        program.parent.mkdir(parents=True)
        self._program(program, f"exit {0 if works else 1}")
        current = self.root / "current"
        current.unlink(missing_ok=True)
        current.symlink_to(self.root / "releases" / name)

    def release(self, name: str, *, works: bool, installs: bool = True) -> Path:
        """A signed release whose installer leaves a program that works, or does not."""
        inside = self._folder / name / "hardware" / "raspberry_pi"
        inside.mkdir(parents=True)
        program = f"$PREFIX/releases/{name}/bin"
        link = f"ln -sfn $PREFIX/releases/{name} $PREFIX/current"
        body = f'mkdir -p {program}; printf "#!/bin/sh\\nexit {0 if works else 1}\\n" > {program}/beacon-agent'
        self._program(
            inside / "install.sh", f"{body}; chmod +x {program}/beacon-agent; {link}" if installs else "exit 1"
        )
        bundle = self._folder / f"{name}.tar.gz"
        with tarfile.open(bundle, "w:gz") as archive:
            archive.add(self._folder / name, arcname=name)
        signature = Path(f"{bundle}.sig")
        key = str(self._key)
        _run("openssl", "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", str(bundle), "-out", str(signature))
        return bundle

    def update(self, bundle: Path) -> "subprocess.CompletedProcess[str]":
        env = {
            "PATH": f"{self._bin}:{os.environ['PATH']}",
            "PREFIX": str(self.root),
            "ETC": str(self.etc),
            "WAIT_S": "2",
        }
        return subprocess.run(
            ["sh", str(SCRIPT), str(bundle)], env=env, capture_output=True, text=True, timeout=50, check=False
        )

    @property
    def current(self) -> str:
        return (self.root / "current").readlink().name

    @staticmethod
    def _program(path: Path, body: str) -> None:
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=30)


@pytest.fixture
def pi(tmp_path: Path) -> Pi:
    return Pi(tmp_path)


def test_a_signed_release_that_works_takes_over_and_the_one_before_stays(pi: Pi):
    assert pi.update(pi.release("new", works=True)).returncode == 0
    assert pi.current == "new"
    assert pi.update(pi.release("newer", works=True)).returncode == 0
    assert sorted(each.name for each in (pi.root / "releases").iterdir()) == ["new", "newer"]


def test_a_release_that_does_not_work_is_left_again(pi: Pi):
    ran = pi.update(pi.release("broken", works=False))
    assert (ran.returncode, pi.current, "went back" in ran.stderr) == (1, "old", True)


def test_an_installation_that_fails_changes_nothing(pi: Pi):
    ran = pi.update(pi.release("halfway", works=True, installs=False))
    assert (ran.returncode, pi.current, "the old release goes on" in ran.stderr) == (1, "old", True)


@pytest.mark.parametrize("wrong", ["changed", "unsigned", "another key"])
def test_what_is_not_signed_is_not_even_unpacked(pi: Pi, tmp_path: Path, wrong: str):
    bundle = pi.release("evil", works=True)
    signature = Path(f"{bundle}.sig")
    if wrong == "changed":
        bundle.write_bytes(bundle.read_bytes() + b"\0")
    elif wrong == "unsigned":
        signature.unlink()
    else:
        (tmp_path / "other").mkdir()
        signature.write_bytes(Path(f"{Pi(tmp_path / 'other').release('x', works=True)}.sig").read_bytes())
    ran = pi.update(bundle)
    assert (ran.returncode, pi.current, (pi.root / "releases" / "evil").exists()) == (1, "old", False)


@pytest.mark.parametrize("script", [SCRIPT, INSTALL], ids=lambda path: path.name)
def test_scripts_are_sound_shell(script: Path):
    _run("sh", "-n", str(script))
    assert os.access(script, os.X_OK)
