"""Run Photo Library on this machine.

python -m infra.local demo [--photos FOLDER]     the whole path once, then stop
python -m infra.local up                         until Ctrl-C
"""

import argparse
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from types import FrameType

from infra.local.cloud import AWS_CREDENTIALS, LocalCloud
from infra.local.demo import DemoError, run_demo
from infra.local.processes import StartError, terminate_with_parent
from infra.samples.drawing import draw_samples
from photo_library.errors import PhotoLibraryError


def main() -> int:
    """Run what the command line asks for; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description="Run Photo Library on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="run the whole path once")
    demo.add_argument("--photos", type=Path, help="folder with your own photos")
    up = commands.add_parser("up", help="run until Ctrl-C")
    for command in (demo, up):
        command.add_argument("--parent", type=int, metavar="PID", help="stop when this process, the parent, has ended")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)  # a shell ignores it for background processes
    if arguments.parent:
        terminate_with_parent()
        if os.getppid() != arguments.parent:
            return 1  # it ended before the kernel could be asked to report that
    try:
        if arguments.command == "demo":
            run_demo(arguments.photos)
        else:
            _run_until_interrupted()
    except KeyboardInterrupt:
        print("stopped")
    except (DemoError, StartError, PhotoLibraryError) as error:
        print(f"{arguments.command} failed: {error}", file=sys.stderr)
        return 1
    except Exception as error:  # a newcomer gets one line, whatever went wrong, and a developer the place
        place = traceback.extract_tb(error.__traceback__)[-1]
        print(f"{arguments.command} failed: {error!r} at {place.filename}:{place.lineno}", file=sys.stderr)
        return 1
    return 0


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run_until_interrupted() -> None:
    with LocalCloud(say=print) as cloud:
        samples = cloud.folder / "samples"
        draw_samples(samples)
        credentials = " ".join(f"{name}={value}" for name, value in AWS_CREDENTIALS.items())
        print(
            f"\nThe local cloud is up. The page: {cloud.api_url}/\n\n"
            "Upload a photo, for example one of these samples, with or without the AWS CLI:\n\n"
            f"  {credentials} aws --endpoint-url {cloud.endpoint_url} "
            f"s3 cp {samples / 'shirt.jpg'} s3://{cloud.bucket}/uploads/\n"
            f"  curl -T {samples / 'pink-t-shirt.png'} {cloud.endpoint_url}/{cloud.bucket}/uploads/\n\n"
            "Or upload all pictures in a folder:\n\n"
            f"  {credentials} AWS_ENDPOINT_URL={cloud.endpoint_url} "
            f"make import FOLDER={samples} BUCKET={cloud.bucket}\n\n"
            "Search:\n\n"
            f"  curl '{cloud.api_url}/search?type=Shirt'\n"
            f"  curl '{cloud.api_url}/types'\n"
            f"  curl --data-binary @{samples / 'shirt.jpg'} {cloud.api_url}/classify\n\n"
            f"Logs are in {cloud.logs}. TigerGraph is a stand-in for development. "
            "Press Ctrl-C to stop and delete everything.",
            flush=True,
        )
        threading.Event().wait()


if __name__ == "__main__":
    status = 1
    try:
        status = main()
        sys.stdout.flush()
    finally:
        # At once: an interrupt may have come while a process was starting. The kernel ends it, even if unknown here.
        os._exit(status)
