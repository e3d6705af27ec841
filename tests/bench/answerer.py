"""Takes replies as the LINE Platform would and remembers nothing, to cost the machine as little as possible."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_ANSWER = b'{"sentMessages": []}'


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Header and body are two writes; without this the second waits for the client's delayed acknowledgement.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer()

    def _answer(self) -> None:
        self.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (len(_ANSWER), _ANSWER)
        )

    def log_message(self, *_arguments: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main() -> None:
    """``python -m tests.bench.answerer PORT``."""
    _Server(("127.0.0.1", int(sys.argv[1])), _Exchange).serve_forever()


if __name__ == "__main__":
    main()
