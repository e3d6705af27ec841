"""Parent and child processes on Linux."""

import ctypes
import os
import signal

# The kernel's number for this call, from its header linux/prctl.h.
_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Have the kernel end this process when its parent ends, however that ends: no orphan keeps a port or a lock.

    Args:
        parent: The parent's process id as the parent itself told it; it may be gone before this process asks.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)
