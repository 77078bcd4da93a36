"""How `pledge` commands select an installation, and how they fail."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
from typing_extensions import override

from infra.cli.client import Target
from infra.process.failures import understood

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Commands(click.Group):
    """Reports errors that a person can fix in one line instead of a traceback."""

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:
            raise  # click ends the command quietly
        except Exception as error:
            failure = understood(error)
            if failure is None:
                raise
            raise failure from error


def reaching(command: Decorated) -> Decorated:
    """`--url` and `--key`, the same before and after the command's name."""
    for name, text in (
        (
            "url",
            (
                "The address of Pledge, for example https://pledge.example; else "
                "PLEDGE_URL"
            ),
        ),
        ("key", "The API key; else PLEDGE_KEY, PLEDGE_ADMIN_KEY"),
    ):
        option = click.option(
            f"--{name}", metavar="TEXT", expose_value=False, callback=_kept, help=text
        )
        command = option(command)
    return command


def _kept(context: click.Context, option: click.Parameter, value: str | None) -> None:
    if value is not None:
        setattr(context.find_root().ensure_object(Target), str(option.name), value)
