"""ID tokens and LINE Login: checked with joserfc, which the platform does not use."""

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import KeySet

from tests.integration.line_platform.conftest import NOW, OFFICER, OFFICER_ID


@pytest.fixture
def keys(web):
    return KeySet.import_key_set(web.get("/oauth2/v2.1/certs").json())


@pytest.fixture
def verify(line, web):
    """LINE's verify endpoint: the claims, or the description of the refusal."""

    def post(token, **form):
        form = {"id_token": token, "client_id": line.config.login_channel_id, **form}
        answer = web.post("/oauth2/v2.1/verify", data=form)
        body = answer.json()
        return body if answer.status_code == 200 else body["error_description"]

    return post


def test_id_token_verifies_against_the_jwks(line, keys):
    token = jwt.decode(line.id_token(OFFICER, nonce="n1"), keys, algorithms=["ES256"])
    assert token.header["alg"] == "ES256"
    assert token.claims == {
        "iss": "https://access.line.me",
        "sub": OFFICER_ID,
        "aud": line.config.login_channel_id,
        "iat": int(NOW),
        "exp": int(NOW) + 3600,
        "amr": ["linesso"],
        "nonce": "n1",
        "name": OFFICER,
    }


def test_jwks_has_p256_keys_as_line_publishes_them(web):
    key = web.get("/oauth2/v2.1/certs").json()["keys"][0]
    assert {name: key[name] for name in ("kty", "crv", "alg", "use")} == {
        "kty": "EC",
        "crv": "P-256",
        "alg": "ES256",
        "use": "sig",
    }
    assert set(key) == {"kty", "crv", "alg", "use", "kid", "x", "y"}


def test_discovery_leads_to_the_jwks(web):
    document = web.get("/.well-known/openid-configuration").json()
    assert document["issuer"] == "https://access.line.me"
    assert web.get(document["jwks_uri"]).json()["keys"]


def test_rotation_signs_with_a_new_key_and_keeps_the_old_one_published(line, web, keys):
    old = line.id_token(OFFICER)
    line.rotate_keys()
    fresh = KeySet.import_key_set(web.get("/oauth2/v2.1/certs").json())
    for token in (old, line.id_token(OFFICER)):
        assert jwt.decode(token, fresh, algorithms=["ES256"]).claims["sub"] == OFFICER_ID
    with pytest.raises(JoseError):
        jwt.decode(line.id_token(OFFICER), keys, algorithms=["ES256"])


@pytest.mark.parametrize("forgery", ["foreign_key", "hs256", "none"])
def test_forged_tokens_do_not_verify(line, keys, verify, forgery):
    token = line.id_token(OFFICER, forgery=forgery)
    with pytest.raises((BadSignatureError, JoseError, ValueError)):
        jwt.decode(token, keys, algorithms=["ES256"])
    assert verify(token) == "Invalid IdToken."


def test_verify_returns_the_claims(line, verify):
    claims = verify(line.id_token(OFFICER, nonce="n"), nonce="n", user_id=OFFICER_ID)
    assert (claims["sub"], claims["name"]) == (OFFICER_ID, OFFICER)


@pytest.mark.parametrize(
    ("claims", "form", "description"),
    [
        ({"iss": "https://access.line.org"}, {}, "Invalid IdToken Issuer."),
        ({"exp": int(NOW) - 1}, {}, "IdToken expired."),
        ({"aud": "999"}, {}, "Invalid IdToken Audience."),
        ({}, {"nonce": "other"}, "Invalid IdToken Nonce."),
        ({}, {"user_id": "U" + "0" * 32}, "Invalid IdToken Subject Identifier."),
    ],
)
def test_verify_refuses_in_lines_words(line, verify, claims, form, description):
    assert verify(line.id_token(OFFICER, **claims), **form) == description


@pytest.mark.parametrize("token", ["x", "a.b.c", "id_token", "e30.e30.AAAA"])
def test_verify_refuses_what_is_no_token(verify, token):
    assert verify(token) == "Invalid IdToken."


def test_token_expires_with_the_clock(line, line_clock, verify):
    token = line.id_token(OFFICER)
    line_clock.advance(3600)
    assert verify(token) == "IdToken expired."


def test_access_token_names_its_channel_and_user(line, web, line_clock):
    token = line.user_access_token(OFFICER)
    where = "/oauth2/v2.1/verify"
    assert web.get(where, params={"access_token": token}).json() == {
        "scope": "openid profile",
        "client_id": line.config.login_channel_id,
        "expires_in": 43200,
    }
    headers = {"Authorization": f"Bearer {token}"}
    assert web.get("/v2/profile", headers=headers).json()["userId"] == OFFICER_ID
    assert web.get("/friendship/v1/status", headers=headers).json() == {"friendFlag": True}
    line_clock.advance(43200)
    assert web.get(where, params={"access_token": token}).status_code == 400
    assert web.get("/v2/profile", headers=headers).status_code == 401


def test_stateless_token_opens_the_api_for_fifteen_minutes(line, web, line_clock):
    form = {
        "grant_type": "client_credentials",
        "client_id": line.config.channel_id,
        "client_secret": line.config.channel_secret,
    }
    issued = web.post("/oauth2/v3/token", data=form).json()
    assert (issued["token_type"], issued["expires_in"]) == ("Bearer", 900)
    headers = {"Authorization": f"Bearer {issued['access_token']}"}
    assert web.get("/v2/bot/info", headers=headers).status_code == 200
    line_clock.advance(900)
    assert web.get("/v2/bot/info", headers=headers).status_code == 401
    wrong = web.post("/oauth2/v3/token", data={**form, "client_secret": "no"})
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_request")
