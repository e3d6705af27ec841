"""The installers' command line ``beacon-kit``; each command loads only what it needs."""

from importlib import import_module
from typing import Any

import click

# Command name → one line of help, in the order in which an installer uses them. Each is a module of `commands`.
_COMMANDS = {
    "plan": "規劃 / Check a site file: zones, beacons, agents; or begin one.",
    "register": "登錄 / Register the site's beacons with the server.",
    "build": "製作映像 / Build what goes onto a beacon.",
    "flash": "燒錄 / Write it onto the device at a serial port.",
    "verify": "驗收 / Listen to a beacon on the wall: pass or fail, line by line.",
    "survey": "場測 / Walk the zone and log the signal strength; suggest a threshold.",
    "label": "標籤 / Labels with hardware ID and QR code: A4 sheets as PDF.",
    "decode": "解碼 / Explain an advertisement byte by byte.",
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
        command: click.Command = import_module(f"hardware.provisioning.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        # Not needed for --help, which must be there at once.
        from hardware.provisioning.errors import KitError  # noqa: PLC0415

        try:
            return super().invoke(ctx)
        except KitError as exc:
            for line in exc.lines:
                click.echo(f"error: {line}", err=True)
            ctx.exit(1)
        except ModuleNotFoundError as exc:
            # Without this package's extra [provisioning], as on a server.
            click.echo(
                f"error: 缺少套件 {exc.name}：請以 [provisioning] 重新安裝 / {exc.name} is missing: install with"
                " [provisioning]",
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


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="police-checkin")
def main() -> None:
    """信標安裝工具 / Beacon installers' tool: from the box to verified on the wall.

    plan → register → build → flash → (mount) → verify → label; see docs/installer.md.
    """


if __name__ == "__main__":
    main()
