"""Virtual machines with a kernel and a bluetoothd of Debian's; an image is made once and kept in ``var/radio``."""

import fcntl
import hashlib
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
IMAGE_SCRIPT = Path(__file__).with_name("image.sh")
_KEPT = ROOT / "var" / "radio"
_BUILD_LIMIT_S, _MEMORY_MB = 900, 1024
_LAST_WORDS = 30


class GuestError(AssertionError):
    """The machine did not do what it was told; with its last words. Never a reason to skip a test."""


def image(suite: str) -> Path:
    """The folder with ``vmlinuz`` and ``initrd`` of a Debian release, made anew when what goes into it changes."""
    lock = ROOT / "deploy" / "locks" / "agent.txt"
    content = IMAGE_SCRIPT.read_bytes() + lock.read_bytes()
    folder = _KEPT / f"{suite}-{hashlib.sha256(content).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock_file:
        # Another run of the tests may be making it.
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        if not (folder / "initrd").exists():
            command = [str(IMAGE_SCRIPT), suite, str(folder)]
            made = subprocess.run(command, capture_output=True, text=True, timeout=_BUILD_LIMIT_S, check=False)
            if made.returncode:
                raise GuestError(f"image of {suite}: {made.stderr[-2000:]}")
    return folder


def run(folder: Path, command: str, out: Path, *, limit_s: float) -> None:
    """Boot an image, run one command in it with the repository at /src and ``out`` at /out, wait for its end.

    Raises:
        GuestError: it did not end in time, or left no status.
    """
    (out / "command").write_text(command)
    status = out / "status"
    status.unlink(missing_ok=True)
    accelerator, processor = _acceleration()
    qemu = [
        "qemu-system-x86_64", "-M", "q35", "-accel", accelerator, "-cpu", processor, "-m", str(_MEMORY_MB), "-smp", "2",
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
        "-nic", "user,model=virtio-net-pci",
        "-kernel", str(folder / "vmlinuz"), "-initrd", str(folder / "initrd"),
        "-append", "console=ttyS0 quiet panic=-1 mitigations=off",
        "-virtfs", f"local,path={ROOT},mount_tag=src,security_model=none,readonly=on",
        "-virtfs", f"local,path={out},mount_tag=out,security_model=none",
    ]  # fmt: skip
    console = out / "console.log"
    with console.open("wb") as log:
        try:
            subprocess.run(qemu, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=limit_s, check=False)
        except subprocess.TimeoutExpired as exc:
            raise GuestError(f"not done after {limit_s:.0f} s:\n{_last_words(console)}") from exc
    if not status.exists():
        raise GuestError(f"the machine left no status:\n{_last_words(console)}")


def _acceleration() -> tuple[str, str]:
    """KVM where the processor really has it: a software KVM lets a stock kernel hang without a word."""
    words = set(Path("/proc/cpuinfo").read_text("utf-8").split())
    if os.access("/dev/kvm", os.W_OK) and words & {"svm", "vmx"}:
        return "kvm", "host"
    return "tcg,thread=multi", "max"


def _last_words(console: Path) -> str:
    return "\n".join(console.read_text("utf-8", "replace").splitlines()[-_LAST_WORDS:])
