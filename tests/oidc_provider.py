"""An agency's provider of identities for tests: OpenID Connect over HTTP, with real signatures, and able to lie."""

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server

CLIENT_ID, CLIENT_SECRET = "console", "a secret between the two"
_LIVES_S = 300


class _Quiet(WSGIRequestHandler):
    """Without a line on the screen for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        del code, size


class OidcProvider:
    """Signs in whoever ``claims`` says, without asking.

    Attributes:
        now: The time in its tokens.
        claims: Of the next ID token, over those that belong there; None leaves one out.
        codes: What is open for each code that was given out.
        sign: How the claims become a token.
        algorithm: What the token is signed with.
        fails: Whether every request gets a 503.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.claims: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.algorithm = "RS256"
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self.fails = False
        self.keys: dict[str, RSAKey | ECKey] = {
            "RS256": RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"}),
            "ES256": ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"}),
        }
        app = Flask("provider")
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._metadata)
        app.add_url_rule("/jwks", view_func=self._jwks)
        app.add_url_rule("/authorize", view_func=self._authorize)
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        app.before_request(lambda: Response(status=503) if self.fails else None)
        self._server = make_server("127.0.0.1", 0, app, request_handler=_Quiet)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def signed(self, claims: dict[str, Any]) -> str:
        key = self.keys[self.algorithm]
        return jwt.encode({"alg": self.algorithm, "kid": key.kid}, claims, key)

    def _metadata(self) -> Response:
        return jsonify(
            issuer=self.issuer,
            authorization_endpoint=f"{self.issuer}/authorize",
            token_endpoint=f"{self.issuer}/token",
            jwks_uri=f"{self.issuer}/jwks",
            response_types_supported=["code"],
            subject_types_supported=["public"],
            id_token_signing_alg_values_supported=["RS256", "ES256", "none"],
        )

    def _jwks(self) -> Response:
        return jsonify(KeySet(list(self.keys.values())).as_dict(private=False))

    def _authorize(self) -> Any:
        asked = request.args.to_dict()
        assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == (
            *("code", CLIENT_ID),
            "S256",
        )
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        return redirect(asked["redirect_uri"] + "?" + urlencode({"code": code, "state": asked["state"]}))

    def _token(self) -> Any:
        form = request.form
        who = request.authorization
        if who is None or (who.username, who.password) != (CLIENT_ID, CLIENT_SECRET):
            return jsonify(error="invalid_client"), 401
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form["redirect_uri"]:
            return jsonify(error="invalid_grant"), 400
        now = int(self.now())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "subject-1",
            "preferred_username": "wang@agency.example",
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + _LIVES_S,
            **self.claims,
        }
        token = self.sign({name: value for name, value in claims.items() if value is not None})
        return jsonify(access_token=secrets.token_urlsafe(), token_type="Bearer", id_token=token)
