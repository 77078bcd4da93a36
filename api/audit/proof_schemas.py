"""Answers of the log's own proofs. Bytes are in base64."""

from pydantic import Field

from api.http.answers import Answer, Made


class LogKeysOut(Answer):
    """C2SP verifier keys. `witness_key`: of the first of `witness_keys`."""

    origin: Made[str]
    log_key: Made[str]
    witness_key: Made[str | None]
    witness_keys: Made[list[str]]


class InclusionProofOut(Answer):
    """`leaf_hash` = SHA-256(0x00 ‖ `header`), and the header ends with the SHA-256 of
    the event as it is stored; RFC 9162 says how `proof` leads from it to `root`.
    """

    position: Made[int]
    index: Made[int]
    size: Made[int]
    header: Made[str]
    leaf_hash: Made[str]
    proof: Made[list[str]]
    root: Made[str]


class ConsistencyProofOut(Answer):
    """That the log of the first size is the beginning of the log of the second."""

    size1: Made[int] = Field(alias="from")
    to: Made[int]
    from_root: Made[str]
    to_root: Made[str]
    proof: Made[list[str]]
