"""The webhook signature against LINE's published vectors."""

import pytest

from tests.line_platform.signature import sign

# Sources: LINE Developers "Verify webhook signature"; line-bot-sdk-python tests/v3/test_webhook.py;
# line-bot-sdk-nodejs test/validate-signature.spec.ts.
VECTORS = [
    (
        "8c570fa6dd201bb328f1c1eac23a96d8",
        b'{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}',
        "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs=",
    ),
    ("channel_secret", b"bodybodybodybody", "/gg9a+LvFevTH1sd7XCQycD7tsWclCsInj7MhBHxN7k="),
    ("test_secret", b'{"hello":"world"}', "t7Hn4ZDHqs6e+wdvI5TyQIvzie0DmMUmuXEBqyyE/tM="),
]


@pytest.mark.parametrize(("secret", "body", "expected"), VECTORS)
def test_signature_equals_published_vector(secret, body, expected):
    assert sign(secret, body) == expected


def test_verification_request_is_the_first_vector(line, receiver):
    assert line.verify_webhook().accepted
    _secret, body, signature = VECTORS[0]
    assert (receiver.requests[0].body, receiver.requests[0].signature) == (body, signature)
    assert line.deliveries() == []  # Verify is counted in no statistics
