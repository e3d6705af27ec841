"""LINE Login and token endpoints: keys, ID tokens, access tokens, profile and friendship."""

from flask import Blueprint, Response, jsonify, request

from tests.line_platform.access_tokens import STATELESS_LIFE_S, UserToken
from tests.line_platform.errors import ApiError
from tests.line_platform.identity import ISSUER, InvalidTokenError
from tests.line_platform.phones import Friendship
from tests.line_platform.web.request import bearer_token, platform

blueprint = Blueprint("oauth_api", __name__)

Answer = Response | tuple[Response, int]


@blueprint.get("/oauth2/v2.1/certs")
def certs() -> Response:
    """Return the keys ID tokens are signed with."""
    return jsonify(platform().world.identity.jwks())


@blueprint.get("/.well-known/openid-configuration")
def discovery() -> Response:
    """Return the OpenID Connect discovery document; its addresses lead back here."""
    here = request.host_url.rstrip("/")
    return jsonify(
        issuer=ISSUER,
        authorization_endpoint="https://access.line.me/oauth2/v2.1/authorize",
        token_endpoint=f"{here}/oauth2/v2.1/token",
        jwks_uri=f"{here}/oauth2/v2.1/certs",
        response_types_supported=["code"],
        subject_types_supported=["pairwise"],
        id_token_signing_alg_values_supported=["ES256"],
    )


@blueprint.post("/oauth2/v2.1/verify")
def verify_id_token() -> Answer:
    """Check an ID token and return its claims."""
    form, world = request.form, platform().world
    if not form.get("id_token") or not form.get("client_id"):
        return _refused("id_token and client_id must be specified")
    expected = {name: form[name] for name in ("client_id", "nonce", "user_id") if form.get(name)}
    try:
        return jsonify(world.identity.verify(form["id_token"], expected, now=world.clock.now()))
    except InvalidTokenError as exc:
        return _refused(str(exc))


@blueprint.get("/oauth2/v2.1/verify")
def verify_access_token() -> Answer:
    """Check a user's access token; the caller must compare `client_id`."""
    world = platform().world
    known = _user_token(request.args.get("access_token", ""))
    if known is None:
        return _refused("access token expired")
    left = int(known.expires_at - world.clock.now())
    return jsonify(scope="openid profile", client_id=known.client_id, expires_in=left)


@blueprint.post("/oauth2/v3/token")
def stateless_token() -> Answer:
    """Issue a channel access token of 15 minutes from channel id and secret."""
    form, config, world = request.form, platform().config, platform().world
    good = (
        form.get("grant_type") == "client_credentials"
        and form.get("client_id") == config.channel_id
        and form.get("client_secret") == config.channel_secret
    )
    if not good:
        return _refused("Invalid 'client_credentials'.")
    with world.lock:
        token = world.access_tokens.issue_stateless(world.clock.now())
    return jsonify(token_type="Bearer", access_token=token, expires_in=STATELESS_LIFE_S)


@blueprint.get("/v2/profile")
def profile() -> Response:
    """Return the profile of the user whose access token this is."""
    phone = platform().world.phone(_signed_in().user_id)
    return jsonify(userId=phone.user_id, displayName=phone.name)


@blueprint.get("/friendship/v1/status")
def friendship() -> Response:
    """Say whether the user is a friend of the account and does not block it."""
    phone = platform().world.phone(_signed_in().user_id)
    return jsonify(friendFlag=phone.friendship is Friendship.FRIEND)


def _signed_in() -> UserToken:
    known = _user_token(bearer_token())
    if known is None:
        raise ApiError(401, "The access token expired")
    return known


def _user_token(token: str) -> UserToken | None:
    world = platform().world
    with world.lock:
        return world.access_tokens.user(token, world.clock.now())


def _refused(description: str) -> Answer:
    response = jsonify(error="invalid_request", error_description=description)
    response.status_code = 400
    return response
