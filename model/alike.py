"""Measures likeness alone: of the ten most alike to each picture, how many have its type, its colour, and both.

    python -m model.alike --model model --data DATA

`make evaluate` gives the same figures among all others; this takes a minute of one core.
"""

import argparse
import json
from pathlib import Path

from classify.saved_model import SavedModel
from model.data import load_photos
from model.evaluate import alike_in_shop, looked_at, looked_at_shop
from model.looks import alike_at_home, shares_of_colors


def main() -> None:
    """Measures from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder with manifest.json and saved_model/")
    parser.add_argument("--data", type=Path, required=True, help="folder with clothing-dataset-small/ and shop/")
    options = parser.parse_args()
    model = SavedModel(options.model)
    photos = load_photos(options.data / "clothing-dataset-small" / "validation", model.size[0])
    seen = looked_at(model, photos.pixels)
    report = {
        "model": model.version,
        "home": alike_at_home(seen, shares_of_colors(photos.pixels, seen), photos.folders, model.types),
        "shop": alike_in_shop(model, looked_at_shop(model, options.data / "shop")),
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
