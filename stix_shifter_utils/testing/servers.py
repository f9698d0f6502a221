"""Real database servers for tests: private, on a free port of 127.0.0.1, gone when the test run ends.

`with mariadb() as server:` starts one in a folder of its own. `missing_mariadb()` and
`missing_postgresql()` say what is not installed, for a skip. Nothing here is imported by anything but
tests.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

START_LIMIT_S: Final = 30.0
_POSTGRESQL_FOLDERS: Final = "/usr/lib/postgresql"


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """A running server and how to get in: as `user` over TCP, to a database that is empty at first."""

    host: str
    port: int
    user: str
    password: str
    database: str
    folder: Path

    def login(self) -> dict[str, Any]:
        """What `pymysql.connect` and `psycopg.connect` take."""
        name = "dbname" if self.database == "postgres" else "database"
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            name: self.database,
        }


def missing_mariadb() -> str | None:
    """What hinders starting MariaDB here, in words; None when nothing does."""
    absent = [name for name in ("mariadbd", "mariadb-install-db", "mariadb") if shutil.which(name) is None]
    return f"{', '.join(absent)} not found; install the package mariadb-server" if absent else None


def missing_postgresql() -> str | None:
    """What hinders starting PostgreSQL here, in words; None when nothing does."""
    return None if _postgresql_programs() else "initdb not found; install the package postgresql"


@contextlib.contextmanager
def mariadb(arguments: Sequence[str] = ()) -> Iterator[DatabaseServer]:
    """A MariaDB server, with further arguments for `mariadbd`. Needs no privileges; works as root too."""
    with _folder() as folder:
        as_root = ["--user=mysql"] if os.geteuid() == 0 else []
        if as_root:
            shutil.chown(folder, "mysql")
        data, port = folder / "data", free_port()
        sock = folder / "s.sock"
        _run(["mariadb-install-db", "--no-defaults", f"--datadir={data}", *as_root, *_MARIADB_INSTALL])
        command = [
            "mariadbd",
            "--no-defaults",
            f"--datadir={data}",
            f"--socket={sock}",
            f"--tmpdir={folder}",
            f"--port={port}",
            *as_root,
        ]
        command += [
            "--bind-address=127.0.0.1",
            f"--pid-file={folder / 'pid'}",
            "--innodb-buffer-pool-size=32M",
        ]
        command += [
            "--innodb-flush-log-at-trx-commit=0",
            "--skip-log-bin",
            "--performance-schema=OFF",
            *arguments,
        ]
        client = ["mariadb", "--no-defaults", "-uroot", f"--socket={sock}", "-e"]
        with _running(command, folder, lambda: _works([*client, "SELECT 1"])):
            _run([*client, _MARIADB_SETUP])
            yield DatabaseServer("127.0.0.1", port, "shifter", "s3cret-test", "shifter", folder)


_MARIADB_INSTALL: Final = ("--auth-root-authentication-method=normal", "--skip-test-db")
_MARIADB_SETUP: Final = """
CREATE DATABASE shifter CHARACTER SET utf8mb4;
CREATE USER shifter@'127.0.0.1' IDENTIFIED BY 's3cret-test';
GRANT ALL ON *.* TO shifter@'127.0.0.1';
"""


@contextlib.contextmanager
def postgresql(settings: Sequence[str] = (), *, locale: str = "C.UTF-8") -> Iterator[DatabaseServer]:
    """A PostgreSQL server, with further settings (`ssl=on`). As root it runs as the user `postgres`."""
    programs = _postgresql_programs()
    if programs is None:
        message = "PostgreSQL is not installed"
        raise RuntimeError(message)
    with _folder() as folder:
        who: dict[str, Any] = {}
        if os.geteuid() == 0:
            pwd.getpwnam("postgres")
            shutil.chown(folder, "postgres", "postgres")
            who = {"user": "postgres", "group": "postgres", "extra_groups": []}
        secret = folder / "password"
        secret.write_text("s3cret-test")
        secret.chmod(0o644)
        data, port = folder / "data", free_port()
        _run(
            [
                *(str(programs / "initdb"), "-D", str(data), "-U", "shifter", "-A", "scram-sha-256"),
                *(f"--pwfile={secret}", "-E", "UTF8", f"--locale={locale}", "--no-sync"),
            ],
            cwd=folder,
            **who,
        )
        chosen = ["listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "fsync=off"]
        chosen += ["synchronous_commit=off", "full_page_writes=off", *settings]
        command = [str(programs / "postgres"), "-D", str(data), "-p", str(port)]
        command += [part for setting in chosen for part in ("-c", setting)]
        ready = [str(programs / "pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
        with _running(command, folder, lambda: _works(ready), **who):
            yield DatabaseServer("127.0.0.1", port, "shifter", "s3cret-test", "postgres", folder)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _postgresql_programs() -> Path | None:
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path(_POSTGRESQL_FOLDERS).glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A short temporary folder (a socket's path may have 107 characters) that a server's user can enter."""
    folder = Path(tempfile.mkdtemp(prefix="db-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _running(command: Sequence[str], folder: Path, is_ready: Any, **who: Any) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, **who)  # noqa: S603  our own words
    try:
        end = time.monotonic() + START_LIMIT_S
        while not is_ready():
            if process.poll() is not None or time.monotonic() > end:
                message = f"{command[0]} does not start:\n{log.read_text(errors='replace')[-2000:]}"
                raise RuntimeError(message)
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGINT if "postgres" in command[0] else signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _works(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603  our own words


def _run(command: Sequence[str], **more: Any) -> None:
    done = subprocess.run(command, capture_output=True, check=False, text=True, **more)  # noqa: S603  our own words
    if done.returncode:
        message = f"{command[0]} failed:\n{done.stdout[-1000:]}{done.stderr[-1000:]}"
        raise RuntimeError(message)
