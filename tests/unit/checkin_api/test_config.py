"""Settings: read once, every problem said at once, secrets never shown."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from checkin_api.config import Settings, load_settings
from checkin_api.errors import ConfigError


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CHECKIN_")]:
        monkeypatch.delenv(name)


def test_defaults_are_those_of_the_handbook():
    settings = load_settings()
    assert settings.database_url == "sqlite:///var/checkin.db"
    assert settings.timezone == "Asia/Taipei"
    assert settings.is_sqlite
    assert settings.public_url == ""
    assert settings.agency_name == "本機關 / the agency"
    assert settings.privacy_contact == "人事單位 / the HR office"


def test_every_problem_is_listed_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CHECKIN_DATABASE_URL", "mysql://x")
    monkeypatch.setenv("CHECKIN_TIMEZONE", "Asia/Atlantis")
    monkeypatch.setenv("CHECKIN_REPORT_AT", "25:00")
    monkeypatch.setenv("CHECKIN_LINE_FORWARD_URL", "ftp://x")
    monkeypatch.setenv("CHECKIN_PUBLIC_URL", "checkin.example.gov.tw")
    monkeypatch.setenv("CHECKIN_AGENCY_NAME", "")
    monkeypatch.setenv("CHECKIN_PRIVACY_CONTACT", "x" * 401)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "CHECKIN_DATABASE_URL", "CHECKIN_LINE_FORWARD_URL", "CHECKIN_PUBLIC_URL", "CHECKIN_AGENCY_NAME",
        "CHECKIN_PRIVACY_CONTACT", "CHECKIN_TIMEZONE", "CHECKIN_REPORT_AT",
    ]  # fmt: skip


def test_no_reminder_is_pushed_unless_a_budget_is_set(monkeypatch: pytest.MonkeyPatch):
    settings = load_settings()
    assert (settings.push_budget_per_month, settings.remind_after_minutes) == (0, 30)
    assert settings.line_data_url == "https://api-data.line.me"
    monkeypatch.setenv("CHECKIN_PUSH_BUDGET_PER_MONTH", "-1")
    monkeypatch.setenv("CHECKIN_REMIND_AFTER_MINUTES", "1441")
    monkeypatch.setenv("CHECKIN_LINE_DATA_URL", "api-data.line.me")
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "CHECKIN_LINE_DATA_URL", "CHECKIN_PUSH_BUDGET_PER_MONTH", "CHECKIN_REMIND_AFTER_MINUTES",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["ROSTER", "PUNCHES", "CORRECTIONS", "REPORTS"])
@pytest.mark.parametrize(("days", "taken"), [(1825, True), (1827, True), (2190, True), (1824, False), (1826, False)])
def test_attendance_is_kept_for_five_years_at_least(
    monkeypatch: pytest.MonkeyPatch, kind: str, days: int, *, taken: bool
):
    """1826 days may be a day short of five years, when two of them are leap years."""
    monkeypatch.setenv(f"CHECKIN_RETENTION_{kind}", str(days))
    if taken:
        assert getattr(load_settings(), f"retention_{kind.lower()}") == days
        return
    with pytest.raises(ConfigError) as caught:
        load_settings()
    [problem] = caught.value.problems
    assert problem.startswith(f"CHECKIN_RETENTION_{kind}: attendance records are kept for five years at least")
    assert "article 30" in problem


@pytest.mark.parametrize(("kind", "days"), [("PRESENCES", 0), ("REMINDERS", 30), ("REQUESTS", 59), ("ALARMS", 36501)])
def test_a_period_is_neither_nothing_nor_shorter_than_its_data_is_needed(
    monkeypatch: pytest.MonkeyPatch, kind: str, days: int
):
    monkeypatch.setenv(f"CHECKIN_RETENTION_{kind}", str(days))
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert [problem.split(":")[0] for problem in caught.value.problems] == [f"CHECKIN_RETENTION_{kind}"]


def test_missing_required_settings_are_named():
    with pytest.raises(ConfigError) as caught:
        load_settings("line_channel_secret", "secret_key", "timezone")
    assert caught.value.problems == ("CHECKIN_LINE_CHANNEL_SECRET: is not set", "CHECKIN_SECRET_KEY: is not set")


def test_a_setting_can_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "secret").write_text("hush\n")
    monkeypatch.setenv("CHECKIN_LINE_CHANNEL_SECRET_FILE", str(tmp_path / "secret"))
    assert load_settings("line_channel_secret").line_channel_secret.get_secret_value() == "hush"


def test_the_environment_wins_over_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "secret").write_text("hush")
    monkeypatch.setenv("CHECKIN_LINE_CHANNEL_SECRET_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("CHECKIN_LINE_CHANNEL_SECRET", "louder")
    assert load_settings().line_channel_secret.get_secret_value() == "louder"


def test_files_that_cannot_be_read_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("CHECKIN_LINE_CHANNEL_SECRET_FILE", str(tmp_path / "nowhere"))
    monkeypatch.setenv("CHECKIN_SECRET_KEY_FILE", str(tmp_path))
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "CHECKIN_LINE_CHANNEL_SECRET_FILE", "CHECKIN_SECRET_KEY_FILE",
    ]  # fmt: skip


def test_secrets_are_not_shown():
    hush = SecretStr("hush")
    settings = Settings(line_channel_secret=hush, line_channel_access_token=hush, secret_key=SecretStr("hush" * 8))
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    "address",
    [
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///checkin.db?mode=ro",
        "postgresql+psycopg://checkin:hush@localhost:port/checkin",
        "postgresql+psycopg://checkin:hush@localhost:99999/checkin",
        "postgresql+psycopg://checkin:hush@[::1/checkin",
    ],
)
def test_a_database_that_cannot_be_is_a_problem_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, address: str
):
    monkeypatch.setenv("CHECKIN_DATABASE_URL", address)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    [problem] = caught.value.problems
    assert problem.startswith("CHECKIN_DATABASE_URL: ")
    assert "hush" not in problem


@pytest.mark.parametrize("address", ["sqlite:////srv/a.db", "postgresql+psycopg:///checkin?host=/run/postgresql"])
def test_a_database_that_can_be_passes(monkeypatch: pytest.MonkeyPatch, address: str):
    monkeypatch.setenv("CHECKIN_DATABASE_URL", address)
    assert load_settings().database_url == address


def test_a_key_that_could_be_guessed_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CHECKIN_SECRET_KEY", "hush" * 7 + "hus")
    with pytest.raises(ConfigError) as caught:
        load_settings()
    [problem] = caught.value.problems
    assert problem.startswith("CHECKIN_SECRET_KEY: is shorter than 32 bytes")
    assert "hush" not in problem
    monkeypatch.setenv("CHECKIN_SECRET_KEY", "hush" * 8)
    load_settings("secret_key")


@pytest.mark.parametrize("given", ["ISSUER", "CLIENT_ID", "CLIENT_SECRET"])
def test_half_of_the_agencys_provider_is_refused_with_what_is_missing(monkeypatch: pytest.MonkeyPatch, given: str):
    monkeypatch.setenv(f"CHECKIN_OIDC_{given}", "https://login.example.gov.tw")
    with pytest.raises(ConfigError) as caught:
        load_settings(web=True)
    # The worker and commands by hand are given the names of it and not the secret.
    load_settings()
    missing = [name for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET") if name != given]
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        *(f"CHECKIN_OIDC_{name}" for name in missing), "CHECKIN_PUBLIC_URL",
    ]  # fmt: skip
    assert f"is not set, but CHECKIN_OIDC_{given} is" in caught.value.problems[0]


@pytest.mark.parametrize(
    "issuer",
    ["login.example", "http://login.example", "https://", "https://a:b@login.example", "https://x/?a=b", "https://[x"],
)
def test_an_issuer_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, issuer: str):
    monkeypatch.setenv("CHECKIN_OIDC_ISSUER", issuer)
    with pytest.raises(ConfigError, match=r"CHECKIN_OIDC_ISSUER: (must|is no address)"):
        load_settings()


def test_a_whole_provider_is_taken_and_its_secret_never_shown(monkeypatch: pytest.MonkeyPatch):
    for name, value in {
        "OIDC_ISSUER": "https://login.microsoftonline.com/tenant/v2.0",
        "OIDC_CLIENT_ID": "console",
        "OIDC_CLIENT_SECRET": "hush",
        "PUBLIC_URL": "https://checkin.example.gov.tw",
    }.items():
        monkeypatch.setenv(f"CHECKIN_{name}", value)
    settings = load_settings(web=True)
    assert settings.oidc_claim == "preferred_username"
    assert "hush" not in repr(settings)
