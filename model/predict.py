"""Say what photos show, with exactly the code that the function runs.

    python -m model.predict FILE…

One line of JSON a file: {"file": …, "types": {all ten: probability}, "colors": […]} or {"file": …, "rejected": reason};
with "truncated": true for a file that is incomplete.
A file that cannot be read is named on standard error, and the exit status is 1.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from classify.image import decode
from classify.recognition import model_input, recognized
from classify.saved_model import SavedModel
from photo_library.errors import ModelError, PhotoRejected


def main() -> int:
    """Predict each file; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m model.predict", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="+", metavar="FILE", type=Path)
    parser.add_argument(
        "--model", type=Path, default=Path(__file__).parent, help="folder with manifest.json and saved_model/"
    )
    arguments = parser.parse_args()
    try:
        model = SavedModel(arguments.model)
    except ModelError as error:
        print(error, file=sys.stderr)
        return 2
    status = 0
    for file in arguments.files:
        try:
            answer = describe(model, file.read_bytes())
        except PhotoRejected as rejection:
            answer = {"rejected": rejection.reason}
        except OSError as error:
            print(f"{file}: {error.strerror}", file=sys.stderr)
            status = 1
            continue
        print(json.dumps({"file": str(file)} | answer, ensure_ascii=False), flush=True)
    return status


def predict(model: SavedModel, data: bytes) -> dict[str, float]:
    """All types of one photo with their probabilities, most probable first. Raises PhotoRejected."""
    types: dict[str, float] = describe(model, data)["types"]
    return types


def describe(model: SavedModel, data: bytes) -> dict[str, Any]:
    """One photo's types, its main colours, and whether its file is incomplete. Raises PhotoRejected."""
    picture = decode(data)
    (shows,) = recognized([model_input(picture, model)], model)
    return {
        "types": shows.types,
        "colors": shows.colors,
        **({"truncated": True} if picture.truncated else {}),
    }


if __name__ == "__main__":
    sys.exit(main())
