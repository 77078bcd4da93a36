"""The sealer and a witness of its own process: cosigned while it is there, and signed
without delay while it is away.
"""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager

import httpx
import pytest

from domain.audit.note import COSIGNATURE_V1, Note, VerifierKey
from infra.audit.health import audit_parts
from infra.audit.log_key import log_signer
from infra.audit.signing import verify
from infra.audit.witness_state import EVIDENCE, add_log, witness_signer
from infra.audit.witnesses import parse_witnesses
from tests.support.files import ROOT
from tests.support.ports import lasting_port
from tests.support.sealing import Site, sooner_or_later

pytestmark = pytest.mark.postgres


class Witness:
    """`pledge witness` in a folder, started and killed by the test."""

    def __init__(self, folder, port):
        self.folder, self.port = folder, port
        self.key = witness_signer(folder).key
        self.address = f"{self.key.encoded} http://127.0.0.1:{port}"

    @asynccontextmanager
    async def running(self):
        options = ["--listen", f"127.0.0.1:{self.port}", "--dir", str(self.folder)]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "infra", "witness", *options),
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await sooner_or_later(self.answers)
            yield
        finally:
            process.send_signal(signal.SIGKILL)
            await process.wait()

    async def answers(self):
        try:
            async with httpx.AsyncClient(trust_env=False) as http:
                answer = await http.get(f"http://127.0.0.1:{self.port}/")
        except httpx.TransportError:
            return False
        return VerifierKey.parse(answer.text.strip()) == self.key


@pytest.fixture
def witness(tmp_path):
    return Witness(tmp_path / "witness", lasting_port())


@pytest.fixture
def site(databases, tmp_path, witness):
    made = Site(databases(), tmp_path / "log", parse_witnesses(witness.address))
    add_log(witness.folder, log_signer(str(made.folder)).key)
    return made


async def cosigned(site, witness):
    """The newest checkpoint covers everything and has the witness's signature."""
    published = await site.until_sealed()
    note = Note.parse(published.note.encode())
    keys = [site.key, witness.key]
    return published if len(note.verified_by(keys, verify)) == len(keys) else None


async def part(site, witness):
    async with site.database() as database:
        return (await audit_parts(database, [witness.key]))["witness"].wrong


async def test_a_witness_cosigns_what_it_can_and_delays_nothing_when_it_is_away(
    site, witness
):
    assert witness.key.algorithm == COSIGNATURE_V1
    site.write(5)
    async with site.sealing():
        async with witness.running():
            assert await sooner_or_later(lambda: cosigned(site, witness))
            await sooner_or_later(lambda: is_well(site, witness))
        site.write(3)
        alone = await site.until_sealed()
        assert witness.key.name not in alone.note
        wrong = await sooner_or_later(lambda: part(site, witness))
        assert wrong.startswith(witness.key.name)
        async with witness.running():
            late = await sooner_or_later(lambda: cosigned(site, witness))
    assert late.checkpoint == alone.checkpoint


async def test_a_fork_by_who_has_the_key_is_not_cosigned_and_kept_as_evidence(
    site, witness, tmp_path, databases
):
    site.write(7)
    async with witness.running():
        async with site.sealing():
            await sooner_or_later(lambda: cosigned(site, witness))
        # Another log with the stolen key, and a file of its own.
        forked = tmp_path / "forked"
        (forked / "secrets").mkdir(parents=True)
        (forked / "secrets" / "log.key").write_bytes(
            (site.folder / "secrets" / "log.key").read_bytes()
        )
        thief = Site(databases(), forked, site.addresses)
        thief.write(9, "forged")
        async with thief.sealing():
            await sooner_or_later(lambda: is_refused(thief, witness))
    assert (witness.folder / EVIDENCE).exists()


async def is_refused(site, witness):
    """As a fork: 409, or 422 with the proof of another tree."""
    return "refuses (4" in (await part(site, witness) or "")


async def is_well(site, witness):
    return await part(site, witness) is None
