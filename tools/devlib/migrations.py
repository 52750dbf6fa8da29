"""Database migrations, run as the database's owner."""

from __future__ import annotations

import os
import subprocess

from devlib.errors import DevError
from devlib.postgres import DATABASE, OWNER, Postgres
from devlib.workspace import ROOT, Workspace


def migrate(workspace: Workspace, postgres: Postgres) -> str:
    """Brings the database to the newest version; returns what was done, in words."""
    program = workspace.program("pbx-migrate")
    if not program.exists():
        raise DevError(f"{program} is not built", hint="tools/dev build")
    argv = [
        str(program),
        "--host",
        postgres.host,
        "--port",
        str(postgres.port),
        "--database",
        DATABASE,
        "--user",
        OWNER,
        "--migrations",
        str(ROOT / "deploy" / "postgres" / "migrations"),
    ]
    secrets = {
        name: secret
        for name, secret in workspace.secrets.items()
        if name.startswith("PBX_POSTGRES_")
    }
    done = subprocess.run(
        argv,
        env={**os.environ, **secrets},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    log = workspace.log / "migrate.log"
    log.write_text(done.stdout + done.stderr)
    if done.returncode != 0:
        raise DevError("the database could not be brought up to date", log=log)
    return (done.stdout.strip().splitlines() or [""])[-1]
