"""The embedded servers, real ones: started, killed, started again on the same data."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from temporalio.client import Client

from infra.embedded import remains
from infra.embedded.data_dir import DataDir
from infra.embedded.ports import free_port
from infra.embedded.postgres import APP, OWNER, SUPERUSER, Postgres
from infra.embedded.process import Command, Process, ProcessEndedError, started, until
from infra.embedded.temporal import Temporal

DEAF = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
signal.pause()
"""


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    """Below pytest's folder, which only its owner may enter, as /root is."""
    return DataDir(tmp_path / "data")


@pytest.fixture
async def postgres(data: DataDir) -> AsyncIterator[Postgres]:
    async with Postgres(data, free_port()) as server:
        yield server


@pytest.fixture
async def temporal(data: DataDir) -> AsyncIterator[Temporal]:
    async with Temporal(data, free_port(), free_port()) as server:
        yield server


async def answer(postgres: Postgres, role: str, query: str) -> object:
    async with await psycopg.AsyncConnection.connect(postgres.url(role)) as link:
        return (await (await link.execute(query)).fetchall())[0]


async def kill(process: Process) -> None:
    os.kill(process.pid, signal.SIGKILL)
    assert await process.exited() == -signal.SIGKILL


@pytest.mark.postgres
async def test_postgres_starts_with_its_database_and_roles(postgres, data):
    for role in (OWNER, APP):
        query = "SELECT current_user, current_database()"
        assert await answer(postgres, role, query) == (role, "pledge")
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        await answer(postgres, f"{APP}:wrong", "SELECT")
    secrets = list((data.path / "secrets").glob("*"))
    assert {file.stat().st_mode & 0o777 for file in secrets} == {0o600}


@pytest.mark.postgres
async def test_what_was_committed_survives_a_kill_of_postgres(postgres):
    async with await psycopg.AsyncConnection.connect(postgres.url(OWNER)) as link:
        await link.execute("CREATE TABLE kept AS SELECT 1 AS one")
    await kill(postgres.process)
    await postgres.start()
    assert await answer(postgres, OWNER, "SELECT one FROM kept") == (1,)


@pytest.mark.slow
@pytest.mark.postgres
async def test_a_backend_that_outlives_postgres_does_not_stop_the_next(postgres, data):
    url = postgres.url(SUPERUSER)
    link = await psycopg.AsyncConnection.connect(url)
    orphan = link.info.backend_pid
    os.kill(orphan, signal.SIGSTOP)  # it cannot notice what happens next
    await kill(postgres.process)
    await postgres.start()
    await link.close()
    assert orphan not in remains.working_in(data.path / "postgres")


@pytest.mark.postgres
async def test_a_pid_file_that_names_a_stranger_is_not_believed(postgres, data):
    file = data.path / "postgres" / "postmaster.pid"
    _, *rest = file.read_text().splitlines()
    await postgres.stop()
    file.write_text("\n".join(["1", *rest]))
    await postgres.start()


@pytest.mark.postgres
async def test_a_cluster_without_its_password_is_left_alone(postgres, data):
    await postgres.stop()
    data.secret_file("postgres.password").unlink()
    with pytest.raises(Exception, match="its password is not"):
        await postgres.prepare()
    assert (data.path / "postgres" / "PG_VERSION").exists()


@pytest.mark.temporal
async def test_temporal_keeps_its_workflows_through_a_kill(temporal):
    client = await Client.connect(temporal.address)
    handle = await client.start_workflow("Sleep", id="kept", task_queue="nobody")
    await kill(temporal.process)
    await temporal.start()
    client = await Client.connect(temporal.address)
    description = await client.get_workflow_handle("kept").describe()
    assert description.run_id == handle.result_run_id


def test_a_free_port_is_the_preferred_one_unless_taken():
    preferred = free_port()
    assert free_port(preferred) == preferred
    with socket.create_server(("127.0.0.1", preferred)):
        assert free_port(preferred) != preferred


async def test_a_server_that_ends_before_it_is_ready_says_where_to_look(tmp_path):
    command = Command(argv=(sys.executable, "-c", "exit(3)"), log=tmp_path / "api.log")

    async def never() -> None:
        await asyncio.Event().wait()

    with pytest.raises(ProcessEndedError, match=r"api ended with status 3: .*api\.log"):
        await started(command, never)


async def test_a_process_that_ignores_the_request_to_end_is_killed(tmp_path):
    log = tmp_path / "deaf.log"
    argv = (sys.executable, "-c", DEAF)
    process = Process(Command(argv=argv, log=log, grace_s=0.1))

    async def deaf() -> bool:
        return bool(log.read_text())

    await until(deaf)
    assert await process.stop() == -signal.SIGKILL
