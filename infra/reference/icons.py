"""The icons of the installed page, drawn by Chromium from the page's icon.svg.

    python -m infra.reference.icons

Systems that cut icons to their own shape get one that fills its square, with what it shows within the safe zone
(the inner 80 % of its width, https://www.w3.org/TR/appmanifest/#icon-masks).
"""

import re
import shutil
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

PAGE = Path(__file__).resolve().parents[2] / "functions" / "search" / "page"
# Width in pixels, and whether the system cuts the icon to its own shape. Apple's cuts, and paints transparency black.
ICONS = {
    "icon-192.png": (192, False),
    "icon-512.png": (512, False),
    "icon-mask.png": (512, True),
    "icon-apple.png": (180, True),
}
COLORS = 32  # two, and what lies between them at the edges
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def filling(icon: str) -> str:
    """The icon without its round corners, and what it shows at 80 % of its size."""
    square = re.sub(r'(<rect [^>]*?) rx="[0-9]+"', r"\1", icon)
    return re.sub(r"(<path .*?/>)", r'<g transform="translate(3.2 3.2) scale(0.8)">\1</g>', square)


def draw(folder: Path) -> None:
    """Write the icons into a folder."""
    icon = (PAGE / "icon.svg").read_text()
    browser_path = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for name, (width, fills) in ICONS.items():
            page = browser.new_page(viewport={"width": width, "height": width})
            drawing = filling(icon) if fills else icon
            page.set_content(f"<style>* {{ margin: 0; display: block }}</style>{drawing}")
            drawn = Image.open(BytesIO(page.screenshot(omit_background=True)))
            few = drawn.convert("RGB").quantize(COLORS) if fills else drawn.quantize(COLORS, Image.Quantize.FASTOCTREE)
            few.save(folder / name, optimize=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE)
