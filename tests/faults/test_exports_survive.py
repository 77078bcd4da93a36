"""An export that was asked for is made, also if its process dies meanwhile."""

import io
import zipfile

from infra.audit.offline.verify import verify
from tests.support.api_client import eventually

EXPORTS = "/v1/audit/exports"


def test_an_export_is_made_after_its_process_was_killed(admin, shaken, tmp_path):
    ticket = admin.open_ticket()
    shaken.kill("followers")
    job = admin.ok("POST", EXPORTS, {"tickets": [ticket["id"]]})
    path = f"{EXPORTS}/{job['id']}"
    assert admin.ok("GET", path)["state"] == "waiting"
    # What a killed process leaves behind is begun anew.
    draft = shaken.data.path / "exports" / f"{job['id']}.draft"
    draft.mkdir(parents=True)
    (draft / "events.jsonl").write_text("half of a li")
    shaken.start_process("followers")
    done = eventually(lambda: finished(admin.ok("GET", path)))
    assert done["state"] == "done", done
    answer = admin.get(f"{path}/bundle")
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(answer.content)
    assert zipfile.is_zipfile(io.BytesIO(answer.content))
    assert verify(bundle).events == done["events"]
    assert not draft.exists()


def finished(job):
    return job if job["state"] in ("done", "failed") else None
