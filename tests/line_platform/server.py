"""A small threaded HTTP/1.1 server for one WSGI application, with keep-alive and streamed answers."""

import contextlib
import io
import socket
import sys
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# How long stopping may take; each round costs microseconds.
_POLL_S = 0.02
# An idle keep-alive connection is closed after this; clients reuse theirs within seconds.
_IDLE_S = 75


class Server:
    """Serves the application from a background thread until stopped; no connection outlives `stop`."""

    def __init__(self, application: "WSGIApplication", host: str, port: int) -> None:
        self._listener = _Listener((host, port), application)
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(_POLL_S,), name="line-platform-http")
        self._thread.daemon = True
        self.url = f"http://{host}:{self._listener.server_address[1]}"

    def start(self) -> None:
        """Begin to answer; the port is bound already."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.close_connections()
        self._listener.server_close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], application: "WSGIApplication") -> None:
        super().__init__(address, _Exchange)
        self.application = application
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        # The threads close their sockets when the read that they are in ends.
        for _ in range(200):
            with self._lock:
                if not self._open:
                    return
            threading.Event().wait(0.01)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that went away; anything else is printed by the base class."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError | ValueError):
            super().handle_error(request, client_address)


class _Exchange(BaseHTTPRequestHandler):
    server: _Listener
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    timeout = _IDLE_S

    def _serve(self) -> None:
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            self.send_error(411, "send a Content-Length")
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = _Answer(self)
        chunks = self.server.application(self._environ(body), answer.start)
        try:
            answer.write(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _serve  # noqa: N815  # names of the base

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": str(self.server.server_address[0]),
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                environ[f"HTTP_{key}"] = value
        return environ

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is the base class's
        """Write no access log: the page shows the calls."""


class _Answer:
    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange
        self._chunked = False

    def start(self, status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> Any:
        exchange = self._exchange
        code, _, phrase = status.partition(" ")
        exchange.send_response(int(code), phrase)
        for name, value in headers:
            exchange.send_header(name, value)
        self._chunked = not any(name.lower() == "content-length" for name, _ in headers)
        if self._chunked:
            exchange.send_header("Transfer-Encoding", "chunked")
        exchange.end_headers()

    def write(self, chunks: Iterable[bytes]) -> None:
        exchange = self._exchange
        for chunk in chunks:
            if exchange.command == "HEAD" or not chunk:
                continue
            if self._chunked:
                exchange.wfile.write(b"%X\r\n%b\r\n" % (len(chunk), chunk))
                exchange.wfile.flush()
            else:
                exchange.wfile.write(chunk)
        if self._chunked and exchange.command != "HEAD":
            exchange.wfile.write(b"0\r\n\r\n")
        exchange.wfile.flush()
