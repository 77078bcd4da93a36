"""The leaf of one event in the log's tree: a header without personal data, whose last
32 bytes are the SHA-256 of the event as it is stored. ::

    str("pledge/1") · u64 index · u64 position · str(stream) · u64 version
        · str(topic) · i64 recorded at, in microseconds since 1970 UTC · SHA-256

Big endian; `str` is the length in bytes as u16, and UTF-8. Every length is in front of
what it measures, so that no two events have the same header.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

FORMAT = "pledge/1"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_STATE_HASH_SIZE = 32
_FORMAT = FORMAT.encode()
_BEGINNING = struct.Struct(f">H{len(FORMAT)}sQQH")
_VERSION = struct.Struct(">QH")
_TIME = struct.Struct(">q")
Place = tuple[int, str, int, str]
"""Position, stream, version, topic."""


class LeafError(Exception):
    """The bytes are not a header."""


@dataclass(frozen=True)
class Leaf:
    """`index`: its place in the tree, from 0, without gaps; `position`: in the log,
    rising, with gaps. `recorded_us`: microseconds since 1970 UTC.
    """

    index: int
    position: int
    stream: str
    version: int
    topic: str
    recorded_us: int
    state_sha256: bytes

    @property
    def recorded_at(self) -> datetime:
        return EPOCH + self.recorded_us * _MICROSECOND

    @property
    def header(self) -> bytes:
        return header_of(
            self.index,
            (self.position, self.stream, self.version, self.topic),
            self.recorded_us,
            self.state_sha256,
        )

    @property
    def hash(self) -> bytes:
        return sha256(b"\x00" + self.header).digest()

    @classmethod
    def parse(cls, header: bytes) -> "Leaf":
        """Raises LeafError. What is accepted is exactly what `header` gives back."""
        try:
            leaf = _parsed(header)
        except (struct.error, UnicodeDecodeError) as error:
            raise LeafError(f"not a header: {error}") from error
        if leaf.header != header:
            raise LeafError(f"not a header of {FORMAT}")
        return leaf


def header_of(index: int, place: Place, recorded_us: int, state_sha256: bytes) -> bytes:
    """The same as of a `Leaf`, for many at once."""
    position, stream, version, topic = place
    name, kind = stream.encode(), topic.encode()
    return (
        _BEGINNING.pack(len(FORMAT), _FORMAT, index, position, len(name))
        + name
        + _VERSION.pack(version, len(kind))
        + kind
        + _TIME.pack(recorded_us)
        + state_sha256
    )


def microseconds(at: datetime) -> int:
    """Since 1970 UTC, exactly."""
    return (at - EPOCH) // _MICROSECOND


def _parsed(header: bytes) -> Leaf:
    _, _, index, position, length = _BEGINNING.unpack_from(header)
    stream, at = _text(header, _BEGINNING.size, length)
    version, length = _VERSION.unpack_from(header, at)
    topic, at = _text(header, at + _VERSION.size, length)
    (recorded_us,) = _TIME.unpack_from(header, at)
    state = header[at + _TIME.size :]
    if len(state) != _STATE_HASH_SIZE:
        raise LeafError(f"a header ends with {_STATE_HASH_SIZE} bytes of a hash")
    return Leaf(index, position, stream, version, topic, recorded_us, state)


def _text(header: bytes, at: int, length: int) -> tuple[str, int]:
    """And where the next field begins."""
    return header[at : at + length].decode(), at + length
