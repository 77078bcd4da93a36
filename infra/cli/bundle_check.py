"""`pledge config validate`: a bundle in a file, checked without a server."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import yaml
from fastapi.exceptions import RequestValidationError

from activities.configuration_sources import Expanded, looked_up
from api.configuration.bundle_schemas import BundleIn
from api.configuration.bundles import documents_of, validated
from api.http.fields import Strict
from api.http.validation import field_errors
from domain.configuration.bundle import Bundle, Documents, Named
from domain.configuration.validation import Findings
from domain.configuration.validation import validated as judged
from domain.errors import FieldError, InvalidError
from domain.own_words import normal
from infra.calendars.sources import InstalledSources
from infra.cli.bundles import read
from infra.wiring import now


def check(file: Path) -> Findings:
    """Raises Failure for what cannot be read."""
    given = read(file)
    try:
        bundle = validated(given)
    except RequestValidationError as error:
        found = field_errors(error.errors(), given, BundleIn)
        return Findings(faults=tuple(found), unchecked=())
    return asyncio.run(_checked(bundle))


async def _checked(bundle: Strict) -> Findings:
    documents = documents_of(bundle)
    if not documents:
        return Findings(faults=(FieldError("", "names no document"),), unchecked=())
    expansions, unreadable = await _expanded(documents)
    found = judged(Bundle(documents=documents, expansions=expansions))
    said = tuple(f"/{kind}/{name}/" for kind, name in unreadable)
    faults = [e for one in unreadable.values() for e in one.errors]
    faults += [e for e in found.faults if not f"{e.pointer}/".startswith(said)]
    return Findings(faults=tuple(faults), unchecked=found.unchecked)


async def _expanded(
    documents: Documents,
) -> tuple[dict[Named, Expanded], dict[Named, InvalidError]]:
    sources, today = InstalledSources(), now().date()
    found, faults = dict[Named, Expanded](), dict[Named, InvalidError]()
    for (kind, name), document in documents.items():
        try:
            made = await looked_up(kind, document, sources, today)
        except InvalidError as error:
            faults[kind, name] = error.under(f"/{kind}/{name}")
            continue
        if made is not None:
            found[kind, name] = made
    return found, faults


def lines(file: Path, errors: tuple[FieldError, ...]) -> Iterator[str]:
    """`file:line: pointer: message`, in the order of the file."""
    root = yaml.compose(file.read_bytes(), yaml.CSafeLoader)
    placed = [(_line(root, error.pointer), error) for error in errors]
    for line, error in sorted(placed, key=lambda found: found[0]):
        yield f"{file}:{line}: {error.pointer or 'the bundle'}: {error.message}"


def _line(node: yaml.Node | None, pointer: str) -> int:
    """Where the last part of it stands that is there, counted from 1."""
    line = 0
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, yaml.MappingNode):
            pairs = (p for p in node.value if normal(str(p[0].value)) == normal(name))
            if (pair := next(pairs, None)) is None:
                break
            line, node = pair[0].start_mark.line, pair[1]
        elif isinstance(node, yaml.SequenceNode) and part.isdigit():
            if int(part) >= len(node.value):
                break
            node = node.value[int(part)]
            line = node.start_mark.line
        else:
            break
    return line + 1
