"""The command line ``checkin``; each command loads only what it needs, so that ``--help`` is there at once."""

from importlib import import_module
from typing import Any

import click

# Command name → (module in this package, one line of help). The module's function `command` is the command.
_COMMANDS = {
    "db": ("database", "資料庫版本 / Create or upgrade the database."),
    "serve": ("serve", "啟動服務 / Serve webhooks and decide what they mean."),
    "worker": ("worker", "啟動排程 / Run scheduled jobs: daily reports, outages."),
    "import": ("imports", "匯入 CSV / Import units, officers, zones, roster, leave, calendar and more."),
    "zone": ("zones", "簽到區備援 / What zones take without a beacon: site codes, positions."),
    "beacons": ("beacons", "信標 / Beacons and their alarms: list, show, retire, restore."),
    "agent": ("agents", "監聽站 / Agents on the walls: one-time codes, list, revoke."),
    "device": ("devices", "識別證與手機 / Badges and phones that agents know officers by."),
    "token": ("tokens", "權杖 / Bearer tokens for the API: issue, list, revoke."),
    "enrolment": ("enrolment", "綁定一次碼 / Issue one-time codes, release LINE accounts."),
    "line": ("line", "圖文選單 / Make the rich menus at LINE."),
    "attendance": ("attendance", "差勤 / Duty records, totals of a month, limits of the duty law."),
    "roster": ("roster", "勤務表 / The roster: show, swap, history."),
    "outage": ("outages", "中斷 / Outages: list, enter, dismiss, confirm those concerned."),
    "report": ("report", "報表 / Build a report; see what was ordered and downloaded."),
    "user": ("users", "帳號 / Accounts of the console."),
    "supervisor": ("supervisors", "主管 / Officers who see a unit on their phone and decide on its corrections."),
    "correction": ("corrections", "補打卡與作廢 / Corrections: request, approve, reject."),
    "phones": ("phones", "手機 / What the phone doctor found; phones that were changed or shared."),
    "privacy": ("privacy", "個人資料 / Officers' requests about their data; who accepted the notice."),
    "audit": ("audit", "稽核紀錄 / The audit log: verify, list."),
    "inbox": ("inbox", "事件匣 / Look at webhook events; try parked ones again."),
    "doctor": ("doctor", "檢查設定 / Check settings, database, LINE, clock."),
}


class _Lazy(click.Group):
    """A group that imports a command's module when that command is called, and only then."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"checkin_api.cli.{_COMMANDS[cmd_name][0]}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        # Not needed for --help, which must be there at once.
        from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

        from checkin_api.errors import CheckinError, ConfigError  # noqa: PLC0415

        try:
            return super().invoke(ctx)
        except ConfigError as exc:
            for problem in exc.problems:
                click.echo(f"error: {problem}", err=True)
            ctx.exit(1)
        except CheckinError as exc:
            for line in str(exc).splitlines():
                click.echo(f"error: {line}", err=True)
            ctx.exit(1)
        except DBAPIError as exc:
            said = str(exc.orig).strip().splitlines()
            click.echo(f"error: the database: {said[0] if said else type(exc).__name__}", err=True)
            ctx.exit(1)
        except BrokenPipeError:
            # Whoever reads our output has enough (`| head`): click ends quietly.
            raise
        except OSError as exc:
            where = f"{exc.filename}: " if exc.filename else ""
            click.echo(f"error: {where}{exc.strerror or exc}", err=True)
            ctx.exit(1)


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="police-checkin")
def main() -> None:
    """差勤簽到伺服器與人事工具 / Attendance check-in: server and HR tools.

    Settings are environment variables CHECKIN_…; see docs/installer.md.
    """
