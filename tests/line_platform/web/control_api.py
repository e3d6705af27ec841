"""The control API under /_/: what a tester or a demonstration does to the platform, as JSON over HTTP."""

import base64
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from tests.line_platform.config import phone_spec, zone_spec
from tests.line_platform.errors import ConfigError
from tests.line_platform.positions import NoPosition
from tests.line_platform.web.request import platform

blueprint = Blueprint("control_api", __name__, url_prefix="/_")

# The longest a waiting request is held open.
_LONGEST_WAIT_S = 60.0


@blueprint.get("/state")
def state() -> Response:
    """Return the channel, phones, zones, faults and quota."""
    here = platform()
    world, config = here.world, here.config
    with world.lock:
        return jsonify(
            url=here.url,
            channel_id=config.channel_id,
            login_channel_id=config.login_channel_id,
            liff_apps=dict(config.liff_apps),
            bot_user_id=config.bot_user_id,
            bot_name=config.bot_name,
            webhook_url=world.webhook_url,
            now_ms=world.clock.now_ms(),
            quota={"limit": world.quota.limit, "used": world.quota.used(world.clock.now())},
            faults=world.faults.as_json(),
            phones=[phone.as_json() for phone in world.phones.values()],
            zones=[zone.as_json() for zone in world.zones.values()],
        )


@blueprint.post("/reset")
def reset() -> Response:
    """Go back to the configuration."""
    platform().reset()
    return jsonify({})


@blueprint.put("/webhook")
def set_webhook() -> Response:
    """Set the webhook URL: `{"url": "http://…"}`, null to switch webhooks off."""
    url = _body().get("url")
    platform().set_webhook_url(None if url is None else str(url))
    return jsonify({})


@blueprint.post("/webhook/verify")
def verify_webhook() -> Response:
    """Press the console's Verify button."""
    outcome = platform().verify_webhook()
    return jsonify(success=outcome.accepted, status=outcome.status, detail=outcome.detail)


@blueprint.post("/phones")
def add_phone() -> tuple[Response, int]:
    """Add a phone: `{"name", "line_user_id"?, "friend"?, "note"?, "system"?}`."""
    return jsonify(platform().world.add_phone(phone_spec(_body())).as_json()), 201


@blueprint.post("/zones")
def add_zone() -> tuple[Response, int]:
    """Add or replace a zone: `{"code", "name", "beacons": [{"hwid", "dm"}], "latitude"?, "longitude"?}`."""
    return jsonify(platform().world.add_zone(zone_spec(_body())).as_json()), 201


@blueprint.put("/beacons/<hwid>")
def set_beacon(hwid: str) -> Response:
    """Change a beacon's device message: `{"dm": "hex"}`."""
    platform().set_device_message(hwid, _body().get("dm"))
    return jsonify({})


@blueprint.put("/faults")
def set_faults() -> Response:
    """Switch webhook faults: any fields of `WebhookFaults`."""
    platform().set_faults(**_body())
    return jsonify(platform().world.faults.as_json())


@blueprint.delete("/faults")
def clear_faults() -> Response:
    """Switch every fault off."""
    platform().clear_faults()
    return jsonify(platform().world.faults.as_json())


@blueprint.post("/faults/api")
def fail_api() -> Response:
    """Make coming API calls fail: `{"path", "status"?, "times"?, "hang_s"?, "message"?, "accepted"?}`."""
    _call(platform().fail_api, _body())
    return jsonify({})


@blueprint.post("/raw")
def send_raw() -> Response:
    """Send a raw webhook body: `{"body" | "body_base64", "signature"?}`."""
    body = _body()
    raw = base64.b64decode(body["body_base64"]) if "body_base64" in body else str(body.get("body", "")).encode()
    return jsonify(platform().send_raw(raw, signature=str(body.get("signature", "valid"))).as_json())


@blueprint.get("/deliveries")
def deliveries() -> Response:
    """Return the delivery log, entries above `?after=` only."""
    after = request.args.get("after", 0, type=int)
    return jsonify(deliveries=[each.as_json() for each in platform().deliveries() if each.seq > after])


@blueprint.get("/api-calls")
def api_calls() -> Response:
    """Return the calls to LINE's API, entries above `?after=` and below `?path=` only."""
    after = request.args.get("after", 0, type=int)
    calls = platform().api_calls(request.args.get("path", "/"))
    return jsonify(api_calls=[each.as_json() for each in calls if each.seq > after])


@blueprint.post("/idle")
def wait_idle() -> tuple[Response, int]:
    """Wait until nothing is under way: `{"timeout_s"?}`; 408 when something still is."""
    timeout_s = min(float(_body().get("timeout_s", 10.0)), _LONGEST_WAIT_S)
    idle = bool(platform().world.wait_until(platform().courier.is_idle, timeout_s))
    return jsonify(idle=idle), 200 if idle else 408


@blueprint.post("/clock")
def move_clock() -> Response:
    """Move the clock: `{"advance_s": 61}` or `{"set_to": epoch seconds}`."""
    body, clock = _body(), platform().clock
    if "set_to" in body:
        clock.set_to(float(body["set_to"]))
    clock.advance(float(body.get("advance_s", 0)))
    platform().world.touch()
    return jsonify(now_ms=clock.now_ms())


@blueprint.post("/keys/rotate")
def rotate_keys() -> Response:
    """Sign ID tokens with a new key: `{"keep_old"?: true}`."""
    return jsonify(kid=platform().rotate_keys(keep_old=bool(_body().get("keep_old", True))))


@blueprint.post("/batch")
def batch() -> Response:
    """Do several acts and deliver their events in one request: `{"acts": [{"phone", "act", …}]}`."""
    acts = _body().get("acts", ())
    with platform().one_request():
        done = [_act({**each}) for each in acts]
    return jsonify(done=done)


@blueprint.get("/phones/<ref>/messages")
def messages(ref: str) -> tuple[Response, int]:
    """Return a chat, lines above `?after=` only; with `?text=` wait for that message, 408 when it does not come."""
    after, text = request.args.get("after", 0, type=int), request.args.get("text")
    here = platform()
    if text is not None:
        timeout_s = min(request.args.get("timeout_s", 5.0, type=float), _LONGEST_WAIT_S)
        here.world.wait_until(lambda: _received(ref, text, after), timeout_s)
    found = text is None or _received(ref, text, after)
    chat = [each.as_json() for each in here.chat(ref) if each.seq > after]
    return jsonify(messages=chat), 200 if found else 408


@blueprint.post("/phones/<ref>/<act>")
def phone_act(ref: str, act: str) -> Response:
    """Let a phone's owner do something; see `_ACTS` for the acts and `People` for their arguments."""
    return jsonify(_act({**_body(), "phone": ref, "act": act}))


def _received(ref: str, text: str, after: int) -> bool:
    chat = platform().chat(ref)
    return any(each.sender == "account" and each.seq > after and text in each.words() for each in chat)


def _act(arguments: dict[str, Any]) -> dict[str, Any]:
    name = arguments.pop("act", None)
    if name not in _ACTS:
        raise ConfigError([f"unknown act {name!r}; there are {', '.join(_ACTS)}"])
    result = _call(_ACTS[name](), arguments)
    if isinstance(result, dict):
        return result
    return {"event_id": result} if isinstance(result, str) else {} if result is None else result.as_json()


def _call(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    try:
        return function(**arguments)
    except (TypeError, ValueError, KeyError) as exc:
        raise ConfigError([f"wrong arguments: {exc}"]) from exc


def _walk(phone: str, *, zone: str | None, at: float | None = None) -> Any:
    return platform().walk_out(phone) if zone is None else platform().walk_in(phone, zone, at=at)


def _position(phone: str) -> dict[str, Any]:
    where = platform().position(phone)
    return {"error": int(where)} if isinstance(where, NoPosition) else where.as_json()


def _id_token(phone: str, **more: Any) -> dict[str, str]:
    return {"id_token": platform().id_token(phone, **more)}


def _access_token(phone: str, **more: Any) -> dict[str, str]:
    return {"access_token": platform().user_access_token(phone, **more)}


# Each act is looked up when it is called: the application may serve any platform.
_ACTS: dict[str, Callable[[], Callable[..., Any]]] = {
    "walk": lambda: _walk,
    "linger": lambda: platform().linger,
    "hear": lambda: platform().hear,
    "switch": lambda: platform().switch,
    "open-line": lambda: platform().open_line,
    "position": lambda: _position,
    "follow": lambda: platform().follow,
    "unfollow": lambda: platform().unfollow,
    "say": lambda: platform().say,
    "sticker": lambda: platform().send_sticker,
    "location": lambda: platform().send_location,
    "tap": lambda: platform().tap,
    "press": lambda: platform().press,
    "perform": lambda: platform().perform,
    "id-token": lambda: _id_token,
    "access-token": lambda: _access_token,
}


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True) if request.get_data() else {}
    if not isinstance(body, dict):
        raise ConfigError(["send a JSON object with Content-Type: application/json"])
    return body
