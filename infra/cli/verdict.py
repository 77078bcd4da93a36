"""A command whose exit code is a verdict: that it was not possible is none of them."""

from typing import Any

import click
from typing_extensions import override

from infra.process.failures import understood

VERDICTS = (
    "Exit codes: 0 intact, 1 wrong usage or not possible now, 2 altered, 3 missing or"
    " extra, 4 a signature, 5 a fork, or older than a known checkpoint."
)
NO_VERDICT = 1


class Verdict(click.Command):
    """Elsewhere 2, 3 and 4 are codes of failures."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            raise _without_verdict(error) from error

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            raise _without_verdict(error) from error
        except (click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            failure = understood(error)
            if failure is None:
                raise
            raise _without_verdict(failure) from error


def _without_verdict(error: click.ClickException) -> click.ClickException:
    error.exit_code = NO_VERDICT  # type: ignore[misc]
    return error
