"""A bundle in a file, and the output of `pledge config`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from api.http.yaml_output import write_yaml
from api.http.yaml_text import read_yaml

_WORDS = {
    "create": "new",
    "replace": "changed",
    "restore": "restored",
    "retire": "retired",
}


def read(file: Path) -> Any:
    try:
        bundle = read_yaml(file.read_bytes())
    except (ValueError, OSError) as error:
        raise click.ClickException(f"{file}: {error}") from error
    return {} if bundle is None else bundle


def exported(bundle: dict[str, Any], *, as_json: bool) -> str:
    if as_json:
        return json.dumps(bundle, ensure_ascii=False, indent=2) + "\n"
    return write_yaml(bundle)


def summary(answer: dict[str, Any]) -> Iterator[str]:
    """For people, one line each."""
    if not answer["changes"]:
        yield "no changes"
    for change in answer["changes"]:
        done = _WORDS[change["action"]]
        yield f"{change['kind']}/{change['name']}: {done}, version {change['version']}"
        yield from (f"  {_difference(found)}" for found in change["differences"])
        for warning in change["warnings"]:
            yield f"  warning: {warning['pointer']} {warning['message']}"


def _difference(found: dict[str, Any]) -> str:
    match found["op"]:
        case "add":
            return f"+ {found['pointer']}: {found['after']!r}"
        case "remove":
            return f"- {found['pointer']}: {found['before']!r}"
        case _:
            return f"~ {found['pointer']}: {found['before']!r} -> {found['after']!r}"
