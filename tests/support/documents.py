"""Documents read alone, which raises InvalidError where something is wrong in them."""

from domain.authority.limits import read_authority
from domain.documents.reader import Reader
from domain.people.contact import read_preferences


def parse_preferences(name, document):
    reader = Reader(document)
    return reader.finished(read_preferences(name, reader))


def parse_authority(role, document):
    reader = Reader(document)
    return reader.finished(read_authority(role, reader))
