"""A network between two programs on one machine that delays, cuts and refuses, as a test tells it."""

import random
import socket
import threading
import time
from contextlib import suppress
from enum import Enum


class Weather(Enum):
    """How the network is at present."""

    FINE = "fine"
    SLOW = "slow"
    CUTTING = "cutting"
    DOWN = "down"


class Relay:
    """Passes connections to a port on to another one; threads, for either end may be any program."""

    def __init__(self, to_port: int, seed: int = 0, *, host: str = "127.0.0.1", listen_on: int = 0) -> None:
        self.weather = Weather.FINE
        self._to_port, self._random = to_port, random.Random(seed)  # noqa: S311 (weather)
        self._to_host = host
        self._listener = socket.create_server(("127.0.0.1", listen_on))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._is_closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """End everything."""
        self._is_closed = True
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Cut every connection."""
        for each in list(self._open):
            self._end(each)

    def _accept(self) -> None:
        while not self._is_closed:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.weather is Weather.DOWN:
                near.close()
                continue
            try:
                far = socket.create_connection((self._to_host, self._to_port))
            except OSError:
                near.close()
                continue
            self._open |= {near, far}
            # Cut after so many bytes, on the way there or back: a request may have been taken whose answer is lost.
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(4096):
                if self.weather is Weather.SLOW:
                    time.sleep(self._random.uniform(0, 0.05))
                if self.weather is Weather.DOWN or (self.weather is Weather.CUTTING and self._random.random() < 0.3):
                    sink.sendall(data[: self._random.randrange(len(data))])
                    break
                sink.sendall(data)
        except OSError:
            pass
        for each in (source, sink):
            self._end(each)

    def _end(self, each: socket.socket) -> None:
        # Closing alone is not seen by the peer while another thread still waits for data from it.
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
        self._open.discard(each)
