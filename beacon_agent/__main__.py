"""The agent's command line ``beacon-agent``; each command loads only what it needs."""

from importlib import import_module
from typing import Any

import click

# Command name → one line of help. Each is a module of `commands`.
_COMMANDS = {
    "scan": "掃描 / Listen for a while: each beacon heard, with its signal strength.",
    "replay": "重播 / The same from a capture: btsnoop (btmon -w) or JSON lines.",
    "enrol": "登錄 / Make a key pair and give the server its public half, for a one-time code.",
    "run": "執行 / Listen and report to the server, until Ctrl-C.",
    "status": "狀態 / How the running agent is.",
    "doctor": "檢查 / Check adapter, bluetoothd, enrolment, server, clock, disk.",
    "broadcast": "當信標 / Be a LINE beacon that cannot be copied, until Ctrl-C.",
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
        command: click.Command = import_module(f"beacon_agent.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        # Not needed for --help, which must be there at once.
        from beacon_agent.config import ConfigError  # noqa: PLC0415
        from beacon_agent.errors import AgentError  # noqa: PLC0415

        try:
            return super().invoke(ctx)
        except ConfigError as exc:
            for problem in exc.problems:
                click.echo(f"error: {problem}", err=True)
            ctx.exit(2)
        except AgentError as exc:
            click.echo(f"error: {exc}", err=True)
            ctx.exit(1)
        except ModuleNotFoundError as exc:
            # Without this package's extra [agent], as on a server.
            click.echo(
                f"error: 缺少套件 {exc.name}：請以 [agent] 重新安裝 / {exc.name} is missing: install with [agent]",
                err=True,
            )
            ctx.exit(1)
        except BrokenPipeError:
            # Whoever reads our output has enough (`| head`): click ends quietly.
            raise
        except OSError as exc:
            where = f"{exc.filename}: " if exc.filename else ""
            click.echo(f"error: {where}{exc.strerror or exc}", err=True)
            ctx.exit(1)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="police-checkin")
def main() -> None:
    """信標監聽程式 / Beacon agent for a Raspberry Pi.

    enrol → run (as a service); see docs/installer.md.
    """


if __name__ == "__main__":
    main()
