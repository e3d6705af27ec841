"""The settings: environment variables ``CHECKIN_…`` or ``CHECKIN_…_FILE``, read once, all problems listed at once."""

import os
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from checkin_api.errors import ConfigError

PREFIX = "CHECKIN_"
# What an HMAC with SHA-256 asks of its key. Source: RFC 2104, section 3: no less than the hash's length.
SHORTEST_KEY = 32
_LAST_PORT = 65535
DEFAULT_TIMEZONE = "Asia/Taipei"
# Where browsers take http for as good as https. Source: W3C Secure Contexts, section 3.1.
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
# Signing in with the agency's provider needs all of these, or none.
_OIDC = ("oidc_issuer", "oidc_client_id", "oidc_client_secret")
# Days that stand for one year of the calendar.
YEAR_DAYS = 365
_FIVE_YEARS = 5 * YEAR_DAYS
# Five years have so many days at most, those of two leap years among them.
_FIVE_YEARS_IN_DAYS = _FIVE_YEARS + 2
_LONGEST_KEPT = 100 * YEAR_DAYS


def _kept(days: int, *, at_least: int = 1) -> Any:
    """A period of retention in days."""
    return Field(default=days, ge=at_least, le=_LONGEST_KEPT)


class Settings(BaseSettings):
    """Everything an installation can set; ``docs/installer.md`` explains each."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    database_url: str = "sqlite:///var/checkin.db"
    line_channel_secret: SecretStr = SecretStr("")
    line_channel_access_token: SecretStr = SecretStr("")
    line_api_url: str = "https://api.line.me"
    line_data_url: str = "https://api-data.line.me"
    line_forward_url: str = ""
    line_login_channel_id: str = Field(default="", pattern=r"^[0-9]*$")
    liff_id: str = Field(default="", pattern=r"^([0-9]+-[0-9A-Za-z]+)?$")
    public_url: str = ""
    agency_name: str = Field(default="本機關 / the agency", min_length=1, max_length=200)
    privacy_contact: str = Field(default="人事單位 / the HR office", min_length=1, max_length=400)
    liff_sdk_url: str = "https://static.line-scdn.net/liff/edge/versions/2.31.0/sdk.js"
    timezone: str = DEFAULT_TIMEZONE
    report_dir: Path = Path("var/reports")
    report_at: str = Field(default="06:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    report_watermark: bool = False
    secret_key: SecretStr = SecretStr("")
    proxies: int = Field(default=0, ge=0, le=10)
    console_second_step: Literal["required", "optional"] = "required"
    oidc_issuer: str = ""
    oidc_client_id: str = Field(default="", max_length=255)
    oidc_client_secret: SecretStr = SecretStr("")
    # A name that people cannot choose for themselves at the provider.
    oidc_claim: str = Field(default="preferred_username", pattern=r"^[A-Za-z0-9_.:/-]{1,100}$")
    push_budget_per_month: int = Field(default=0, ge=0, le=1_000_000)
    remind_after_minutes: int = Field(default=30, ge=0, le=24 * 60)
    correction_quota: int = Field(default=3, ge=0, le=1000)
    correction_days: int = Field(default=31, ge=1, le=3660)
    outage_after_minutes: int = Field(default=60, ge=5, le=24 * 60)
    beacon_silent_after_hours: int = Field(default=24, ge=1, le=24 * 30)
    limit_segments: int = Field(default=2, ge=1, le=24)
    limit_rest_hours: int = Field(default=11, ge=0, le=24)
    limit_rest_exceptional_hours: int = Field(default=8, ge=0, le=24)
    limit_day_hours: int = Field(default=12, ge=1, le=48)
    limit_day_exceptional_hours: int = Field(default=16, ge=1, le=48)
    limit_month_overtime_hours: int = Field(default=80, ge=0, le=744)
    limit_three_months_overtime_hours: int = Field(default=240, ge=0, le=2232)
    # By the rows of the privacy notice; what has no period of its own follows another, see privacy/retention.py.
    retention_person: int = _kept(_FIVE_YEARS)
    retention_account: int = _kept(_FIVE_YEARS)
    retention_codes: int = _kept(90)
    retention_roster: int = _kept(_FIVE_YEARS)
    retention_punches: int = _kept(_FIVE_YEARS)
    retention_presences: int = _kept(30)
    retention_site_sightings: int = _kept(7)
    retention_refusals: int = _kept(YEAR_DAYS)
    retention_corrections: int = _kept(_FIVE_YEARS)
    retention_inbox: int = _kept(90)
    retention_replies: int = _kept(90)
    retention_phone_check: int = _kept(YEAR_DAYS)
    # A month's are counted against the budget of that month.
    retention_reminders: int = _kept(YEAR_DAYS, at_least=31)
    retention_devices: int = _kept(_FIVE_YEARS)
    retention_consents: int = _kept(_FIVE_YEARS)
    # Source: Personal Data Protection Act, article 13: 30 days to answer, once extended by 30 more.
    retention_requests: int = _kept(_FIVE_YEARS, at_least=60)
    retention_alarms: int = _kept(YEAR_DAYS)
    retention_reports: int = _kept(_FIVE_YEARS)

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        from sqlalchemy.engine import make_url  # noqa: PLC0415 (only here, and known to every program that goes on)
        from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

        if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
        try:
            url = make_url(value)
        except (ArgumentError, ValueError):
            # Without the words of the library, which may repeat a password.
            raise ValueError("cannot be read: check the port, and % as %25 in a password") from None
        if url.port is not None and not 0 < url.port <= _LAST_PORT:
            raise ValueError(f"the port must be 1 to {_LAST_PORT}")
        if url.get_backend_name() == "sqlite" and (url.query or not url.database or url.database.startswith(":")):
            raise ValueError("must name a file after sqlite:///, and nothing else")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value().encode()) < SHORTEST_KEY:
            raise ValueError(
                f"is shorter than {SHORTEST_KEY} bytes: make one with"
                " python3 -c 'import secrets; print(secrets.token_hex(32))'"
            )
        return value

    @field_validator("line_api_url", "line_data_url", "line_forward_url", "liff_sdk_url", "public_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("must begin with https:// (or http:// for a test)")
        return value

    @field_validator("retention_roster", "retention_punches", "retention_corrections", "retention_reports")
    @classmethod
    def _five_years(cls, value: int) -> int:
        # Source: Labour Standards Act, article 30 paragraph 5: attendance records are kept for five years; contract
        # staff are under it, and one rule for everybody is simpler than two.
        if value < _FIVE_YEARS or (value % YEAR_DAYS and value < _FIVE_YEARS_IN_DAYS):
            raise ValueError(
                "attendance records are kept for five years at least (Labour Standards Act, article 30 paragraph 5):"
                f" {_FIVE_YEARS}, which is five calendar years, or {_FIVE_YEARS_IN_DAYS} days and more"
            )
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS)
        except ValueError:
            raise ValueError("is no address") from None
        if value and not (secure and parts.hostname):
            raise ValueError("must begin with https:// (or http://localhost for a test)")
        if parts.query or parts.fragment or parts.username is not None:
            raise ValueError("must be the issuer as the provider writes it: without user name, ? and #")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
            raise ValueError(f"{value!r} is not a time zone such as Asia/Taipei") from exc
        return value

    @cached_property
    def zone(self) -> ZoneInfo:
        """The department's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is one file on this machine."""
        return self.database_url.startswith("sqlite")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first (tests), then the environment, then the files that it names."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, _NamedFiles(settings_cls)


class _NamedFiles(PydanticBaseSettingsSource):
    """``CHECKIN_X_FILE=/path`` gives setting X the content of that file (Docker and systemd credentials)."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        """The content of the file named for a field, without its last line break."""
        del field
        path = os.environ.get(f"{PREFIX}{field_name}_file".upper())
        if path is None:
            return None, field_name, False
        return Path(path).read_text("utf-8").rstrip("\r\n"), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Every setting that a file gives; a file that cannot be read is a problem of its own."""
        values: dict[str, Any] = {}
        problems = []
        for name, field in self.settings_cls.model_fields.items():
            try:
                value, key, _ = self.get_field_value(field, name)
            except (OSError, UnicodeDecodeError) as exc:
                problems.append(f"{PREFIX}{name.upper()}_FILE: {exc}")
                continue
            if value is not None:
                values[key] = value
        if problems:
            raise ConfigError(problems)
        return values


def load_settings(*required: str, web: bool = False) -> Settings:
    """Read the settings and insist on those a program cannot run without.

    ``web`` is a program that people sign in to: only that has the secret of the agency's provider.

    Raises:
        ConfigError: with every problem, each naming its environment variable.
    """
    problems: list[str] = []
    try:
        settings = Settings()
    except ValidationError as exc:
        for error in exc.errors(include_input=False, include_url=False):
            name = ".".join(str(part) for part in error["loc"]).upper()
            problems.append(f"{PREFIX}{name}: {error['msg'].removeprefix('Value error, ')}")
        raise ConfigError(problems) from None
    problems += [f"{PREFIX}{name.upper()}: is not set" for name in required if not _is_set(settings, name)]
    given = [name for name in _OIDC if _is_set(settings, name)]
    if web and given:
        problems += [
            f"{PREFIX}{name.upper()}: is not set, but {PREFIX}{given[0].upper()} is: signing in with the agency's"
            " provider needs both"
            for name in (*_OIDC, "public_url")
            if not _is_set(settings, name)
        ]
    if problems:
        raise ConfigError(problems)
    return settings


def _is_set(settings: Settings, name: str) -> bool:
    value = getattr(settings, name)
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)
