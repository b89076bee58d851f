"""The colours of garments: on pictures drawn here; how right they are on photographs, `make evaluate` says."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from classify.colors import COLOR_SIZE, garment_colors, named, oklab
from classify.image import decode, fitted
from photo_library.photo import COLORS
from tests.support.examples import a_picture


def a_garment(ground: str, *stripes: str, size: tuple[int, int] = (400, 600)) -> Image.Image:
    """A figure with a body and two sleeves, in upright stripes, on a plain ground."""
    image = Image.new("RGB", size, ground)
    pen = ImageDraw.Draw(image)
    width, height = size
    shapes = [(0.3, 0.2, 0.7, 0.85), (0.15, 0.2, 0.85, 0.4)]
    for left, top, right, bottom in shapes:
        step = width / 40
        for number in range(40):
            x = number * step
            if left * width <= x < right * width:
                pen.rectangle((x, top * height, x + step, bottom * height), fill=stripes[number // 2 % len(stripes)])
    return image


def colors_of(picture: Image.Image) -> tuple[str, ...]:
    """The colours that are named without a model's help."""
    return garment_colors(np.asarray(fitted(picture, *COLOR_SIZE)))


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        ("#101014", "black"),
        ("#f4f2ec", "white"),
        ("#7d7f80", "grey"),
        ("#b01020", "red"),
        ("#f07818", "orange"),
        ("#f2d020", "yellow"),
        ("#2a7a3a", "green"),
        ("#1f3a8a", "blue"),
        ("#6a2a8a", "purple"),
        ("#f08cb0", "pink"),
        ("#6a4426", "brown"),
    ],
)
@pytest.mark.parametrize("ground", ["#c9c4ba", "#b22222", "#f8f8f8", "#202020", "#1f3a8a"])
def test_a_plain_garment_has_its_color_whatever_it_lies_on(ground: str, color: str, expected: str) -> None:
    assert colors_of(a_garment(ground, color)) == (expected,)


def test_a_striped_garment_has_both_colors_the_more_frequent_first() -> None:
    assert colors_of(a_garment("#b22222", "#f0f0f0", "#101010", "#f0f0f0")) == ("white", "black")


def test_what_little_of_a_garment_has_is_no_color_of_it() -> None:
    assert colors_of(a_garment("#b22222", *["#f0f0f0"] * 9, "#101010")) == ("white",)


def test_a_garment_with_many_colors_has_at_least_one_and_at_most_three() -> None:
    every = ["#101014", "#f4f2ec", "#7d7f80", "#b01020", "#f2d020", "#2a7a3a", "#1f3a8a", "#f08cb0"]
    assert 1 <= len(colors_of(a_garment("#c9c4ba", *every))) <= 3


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3)])
def test_a_picture_of_any_shape_has_a_color(size: tuple[int, int]) -> None:
    assert garment_colors(decode(a_picture(color="#1f3a8a", size=size)).pixels(COLOR_SIZE, 3)) == ("blue",)


def test_colors_are_named_as_people_name_them() -> None:
    """The names of the xkcd survey that end in a basic term, such as "dark sea green"; "blue green" is ambiguous."""
    from matplotlib.colors import XKCD_COLORS, to_rgb

    survey = [
        (rgb, name.removeprefix("xkcd:").replace("gray", "grey").split())
        for name, rgb in ((name, to_rgb(value)) for name, value in XKCD_COLORS.items())
    ]
    plain = [(rgb, words[-1]) for rgb, words in survey if words[-1] in COLORS]
    pixels = np.array([np.multiply(rgb, 255).round() for rgb, _ in plain]).astype(np.uint8)
    names = [COLORS[index] for index in named(oklab(pixels))]
    right = [name == expected for name, (_, expected) in zip(names, plain, strict=True)]
    assert len(right) > 500
    assert np.mean(right) > 0.85


def test_what_a_model_says_is_garment_counts_and_nothing_else() -> None:
    """A white shirt that somebody wears over black trousers, on a white ground."""
    picture = Image.new("RGB", (128, 128), "#ffffff")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((44, 20, 84, 70), fill="#f4f4f0")
    pen.rectangle((44, 70, 84, 128), fill="#101014")
    pen.rectangle((50, 2, 78, 20), fill="#d9a27c")
    shirt = np.zeros((16, 16), np.float32)
    shirt[3:9, 6:11] = 0.9
    assert garment_colors(np.asarray(picture), shirt) == ("white",)
    trousers = np.zeros((16, 16), np.float32)
    trousers[10:16, 6:11] = 0.9
    assert garment_colors(np.asarray(picture), trousers) == ("black",)


def test_checks_have_their_colors_and_not_the_mean_of_them() -> None:
    checks = np.where(np.indices((128, 128)).sum(axis=0) // 3 % 2 == 0, 250, 12).astype(np.uint8)
    everywhere = np.ones((16, 16), np.float32)
    assert set(garment_colors(np.dstack([checks] * 3), everywhere)) == {"black", "white"}


@pytest.mark.parametrize(
    ("color", "on_white", "elsewhere"),
    [("#2a2119", "brown", "black"), ("#3a2f26", "brown", "black"), ("#bcbcbc", "grey", "white")],
)
def test_on_a_white_ground_no_lamp_tints_the_garment(color: str, on_white: str, elsewhere: str) -> None:
    assert on_white in colors_of(a_garment("#ffffff", color))
    assert elsewhere in colors_of(a_garment("#b8a890", color))
    assert colors_of(a_garment("#ffffff", color)) != colors_of(a_garment("#b8a890", color))


def test_a_color_between_two_terms_is_called_by_both() -> None:
    everywhere = np.ones((16, 16), np.float32)
    between = np.full((128, 128, 3), 184, np.uint8)  # as light as grey may be: a shade lighter is white
    assert set(garment_colors(between, everywhere)) == {"grey", "white"}
