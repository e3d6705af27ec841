"""The X-Line-Signature header of a webhook."""

import base64
import hashlib
import hmac


def sign(channel_secret: str, body: bytes) -> str:
    """Return base64 of HMAC-SHA256 of the raw body under the channel secret.

    Source: LINE Developers, "Verify webhook signature".
    """
    return base64.b64encode(hmac.digest(channel_secret.encode(), body, hashlib.sha256)).decode()
