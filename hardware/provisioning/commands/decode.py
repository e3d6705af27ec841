"""``beacon-kit decode``: explain an advertisement byte by byte."""

import os
import sys
from typing import cast

import click

from hardware.provisioning.words import Language


def default_language() -> Language:
    """English where the terminal is set to it, else zh-TW."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "en" if locale.lower().startswith("en") else "zh"


@click.command()
@click.argument("octets", metavar="HEX", nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="輸出格式 / Output; table is plain text when piped.",
)
@click.option(
    "--lang",
    "language",
    type=click.Choice(["zh", "en"]),
    default=default_language,
    show_default="zh; en if LC_ALL or LANG begins with en",
    help="語言 / Language.",
)
def command(octets: tuple[str, ...], form: str, language: str) -> None:
    """解釋廣播內容 / Explain an advertisement byte by byte.

    HEX is a whole advertisement, or the service data of 0xFE6F alone (it begins with 02). Spaces, colons, commas,
    hyphens and 0x are allowed. The exit status is 1 if the advertisement is broken; it is explained all the same.

    \b
    beacon-kit decode 02010603036ffe0b166ffe02fd5ea0ad1e7f00
    beacon-kit decode 02:fd:5e:a0:ad:1e:7f:00
    """  # noqa: D301 (click wants the character itself: it keeps the lines below from being wrapped)
    # Not needed for --help, which must be there at once.
    from hardware.provisioning import rendering  # noqa: PLC0415
    from hardware.provisioning.explain import explain  # noqa: PLC0415
    from hardware.provisioning.hex_input import HexInputError, parse_hex  # noqa: PLC0415

    spoken = cast("Language", language)
    try:
        explanation = explain(parse_hex(" ".join(octets)))
    except HexInputError as exc:
        click.echo(f"error: {exc.text.in_language(spoken)}", err=True)
        raise click.exceptions.Exit(1) from exc
    if form == "json":
        click.echo(rendering.as_json(explanation, spoken))
    elif sys.stdout.isatty():
        rendering.print_table(explanation, spoken)
    else:
        for line in rendering.plain_lines(explanation, spoken):
            click.echo(line)
    if explanation.problem:
        click.echo(f"error: {rendering.problem_line(explanation.problem).in_language(spoken)}", err=True)
        raise click.exceptions.Exit(1)
