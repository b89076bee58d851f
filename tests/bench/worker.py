"""A warm process that classifies photos, one way or the other, and says what each took.

    python -m tests.bench.worker ours MODEL_FOLDER
    python -m tests.bench.worker plain KERAS_FILE

Each line on standard input is a JSON list of files. "ours" decodes them and runs the model once for all of them;
"plain" takes one after the other. The answer is a line {"wall_s", "cpu_s", "probabilities": [[…], …]}; the CPU's time
is that of all threads. An empty list is answered once the model is loaded.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

Classify = Callable[[list[bytes]], list[list[float]]]


def main() -> None:
    """Serve until standard input ends."""
    way, model = sys.argv[1:3]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever libraries print
    classify = (_ours if way == "ours" else _plain)(model)
    for line in sys.stdin:
        photos = [Path(file).read_bytes() for file in json.loads(line)]
        wall, cpu = time.perf_counter(), time.process_time()
        probabilities = classify(photos) if photos else []
        took = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
        print(json.dumps(took | {"probabilities": probabilities}), file=answers, flush=True)


def _ours(folder: str) -> Classify:
    import numpy as np

    from classify.image import decode
    from classify.saved_model import SavedModel

    model = SavedModel(Path(folder))

    def classify(photos: list[bytes]) -> list[list[float]]:
        pixels = np.stack([decode(data).pixels(model.size, model.channels) for data in photos])
        return [[float(value) for value in one] for one in model.run(pixels).probabilities]

    return classify


def _plain(file: str) -> Classify:
    from tests.bench import plain_photo

    model = plain_photo.load(file)
    return lambda photos: [plain_photo.probabilities(model, data) for data in photos]


if __name__ == "__main__":
    main()
