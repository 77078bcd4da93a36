"""`python -m infra`: the same as `pledge`, where no entry point is installed."""

from infra.cli.main import main

main()
