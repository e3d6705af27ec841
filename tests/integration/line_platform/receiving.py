"""Small servers that stand where the product would: one records webhooks and answers as told, one has a page."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Received:
    """One webhook request as it arrived."""

    def __init__(self, body: bytes, headers: dict[str, str]) -> None:
        self.body = body
        self.signature = headers.get("x-line-signature")
        self.headers = headers

    @property
    def events(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = json.loads(self.body)["events"]
        return events


class _Server(ThreadingHTTPServer):
    """With room for a burst: five, the library's choice, are turned away on a busy machine."""

    request_queue_size = 256


class Receiver:
    """Answers `statuses` in turn, then 200, each after `delay_s`; closes connections unannounced if `hangs_up`."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.statuses: list[int] = []
        self.delay_s = 0.0
        self.hangs_up = False
        receiver = self

        class Exchange(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.requests.append(Received(body, headers))
                status = receiver.statuses.pop(0) if receiver.statuses else 200
                time.sleep(receiver.delay_s)
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")
                self.close_connection = receiver.hangs_up

            def log_message(self, *_args: object) -> None:
                """Stay quiet."""

        self._server = _Server(("127.0.0.1", 0), Exchange)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/line/webhook"

    def events(self) -> list[dict[str, Any]]:
        """Return every event received so far."""
        return [event for request in self.requests for event in request.events]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class PageServer:
    """Answers every GET with one page."""

    def __init__(self, page: str) -> None:
        content = page.encode()

        class Exchange(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_icon = self.path.startswith("/favicon")
                self.send_response(204 if is_icon else 200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(b"" if is_icon else content)

            def log_message(self, *_args: object) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Exchange)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/liff/"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
