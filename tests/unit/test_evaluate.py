"""The figures of `make evaluate`, on cases small enough to work out by hand."""

from pathlib import Path

import numpy as np
import pytest

from classify.saved_model import Predictions
from model.evaluate import (
    LABELS,
    ColorLabel,
    accuracy_interval,
    alike_figures,
    average_precision,
    calibration_bins,
    calibration_error,
    color_figures,
    confusion,
    outlier_figures,
    per_type,
    read_color_labels,
    same_label,
    several_figures,
    shop_color_figures,
    shop_figures,
)
from model.looks import alike_at_home
from photo_library.photo import COLORS, TYPES


def test_calibration_error_is_the_gap_between_sureness_and_being_right_weighted_by_images() -> None:
    confidence = np.array([0.95, 0.95, 0.95, 0.95, 0.55, 0.55])
    right = np.array([True, True, True, False, True, True])
    bins = calibration_bins(confidence, right)
    assert [(one["count"], one["accuracy"]) for one in bins] == [(2, 1.0), (4, 0.75)]
    assert calibration_error(bins) == pytest.approx((2 * 0.45 + 4 * 0.20) / 6)


def test_a_model_that_is_as_right_as_it_is_sure_has_no_calibration_error() -> None:
    bins = calibration_bins(np.array([0.5, 0.5, 1.0]), np.array([True, False, True]))
    assert calibration_error(bins) == 0


def test_precision_and_recall_are_of_each_type() -> None:
    truth, answer = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    table = per_type(truth, answer)
    assert table["T-shirt"] == {"images": 3, "precision": 1.0, "recall": pytest.approx(2 / 3)}
    assert table["Trouser"] == {"images": 1, "precision": 0.5, "recall": 1.0}
    assert table["Bag"] == {"images": 0, "precision": None, "recall": None}
    assert confusion(truth, answer)[0].tolist() == [2, 1] + [0] * 8


def test_the_interval_holds_the_share_and_narrows_with_more_images() -> None:
    low, high = accuracy_interval(90, 100)
    assert (round(low, 4), round(high, 4)) == (0.8256, 0.9448)  # Wilson's, by hand
    narrow = accuracy_interval(900, 1000)
    assert low < narrow[0] < 0.9 < narrow[1] < high


def test_outliers_are_counted_when_any_type_reaches_one_half() -> None:
    sure, unsure = [0.5] + [0.5 / 9] * 9, [0.1] * 10
    figures = outlier_figures(np.array([sure, unsure, unsure, unsure]), ["hat", "hat", "skirt", "skirt"])
    assert figures["given_a_type"] == 0.25
    assert figures["by_folder"] == {
        "hat": {"images": 2, "given_a_type": 0.5},
        "skirt": {"images": 2, "given_a_type": 0.0},
    }


def test_colors_are_right_by_any_name_of_a_doubtful_one_and_wrong_when_nobody_saw_them() -> None:
    labels = [
        ColorLabel(Path("navy-and-white.jpg"), [{"blue", "black"}, {"white"}], {"grey"}),
        ColorLabel(Path("red.jpg"), [{"red"}], set()),
    ]
    figures = color_figures(labels, [("black", "grey"), ("brown", "red", "pink")])
    assert figures == {
        "images": 2,
        "first_is_main": 0.5,
        "main_found": pytest.approx(2 / 3),
        "names_wrong": 0.4,
        "names_an_image": 2.5,
    }


def test_color_labels_name_colors_of_photographs_that_are_there(tmp_path: Path) -> None:
    rows = [line.split(",") for line in (LABELS / "colors.csv").read_text().splitlines()[1:]]
    assert len(rows) == len({picture for picture, *_ in rows}) == 120
    for _, _, main, also in rows:
        assert {*main.replace("/", " ").split(), *also.split()} <= set(COLORS)
        assert main
    assert read_color_labels(tmp_path) == []
    picture, folder, main, also = rows[0]
    (tmp_path / folder).mkdir()
    (tmp_path / folder / picture).touch()
    (label,) = read_color_labels(tmp_path)
    assert (label.path.name, label.main, label.also) == (picture, [{"grey", "blue"}], {"black"})


def test_the_most_related_are_others_with_the_highest_product() -> None:
    vectors = np.array([[1.0, 0.0], [0.9, 0.1], [0.8, 0.2], [0.0, 1.0]])
    # The two nearest: of the first b and a, of the second a and a, of the third a and b, of the last a and b.
    assert same_label(vectors, ["a", "b", "a", "b"], count=2) == pytest.approx((1 + 0 + 1 + 1) / 8)


def test_average_precision_is_the_mean_of_the_precisions_where_something_true_is_found() -> None:
    scores, truth = np.array([0.9, 0.8, 0.7, 0.1]), np.array([True, False, True, False])
    assert average_precision(scores, truth) == pytest.approx((1 + 2 / 3) / 2)


def test_what_is_not_known_of_a_street_photograph_counts_for_nothing() -> None:
    probabilities, targets = np.zeros((3, 10)), np.zeros((3, 11))
    probabilities[:, TYPES.index("Coat")] = [0.9, 0.8, 0.2]
    targets[:, TYPES.index("Coat")] = [1, -1, 1]
    figures = several_figures(probabilities, targets)
    assert figures["precision"] == 1
    assert figures["recall"] == 0.5
    assert figures["mean_average_precision"] == 1
    assert figures["per_type"]["Coat"]["images"] == 2  # type: ignore[index]


def test_an_article_is_found_by_its_type_and_has_to_beat_what_is_worn_in_its_place() -> None:
    shirt = np.zeros(10)
    shirt[[TYPES.index("Trouser"), TYPES.index("Shirt"), TYPES.index("Coat")]] = 0.9, 0.6, 0.5
    coat = np.zeros(10)
    coat[[TYPES.index("Shirt"), TYPES.index("Coat")]] = 0.45, 0.48
    figures = shop_figures(np.stack([shirt, coat, coat, shirt]), ["Shirts", "Shirts", "Watches", "Belts"])
    assert figures["images"] == 2
    assert figures["found"] == 0.5
    assert figures["right_within_kind"] == 0.5
    assert figures["answers_of_shirts"]["Coat"] == 1  # type: ignore[index]
    assert figures["none"]["given_a_type"] == 0.5  # type: ignore[index]


def test_a_shops_color_is_right_by_any_name_it_may_stand_for() -> None:
    named = [("blue",), ("red", "white"), ("green",), ("black",)]
    figures = shop_color_figures(
        named, ["Shirts", "Shirts", "Tshirts", "Watches"], ["Navy Blue", "Maroon", "Red", "Red"]
    )
    assert figures["images"] == 3
    assert figures["right"] == pytest.approx(2 / 3)
    assert figures["names_an_image"] == pytest.approx(4 / 3)
    assert figures["by_article"] == {"Shirts": 1.0, "Tshirts": 0.0}


def test_the_most_alike_are_counted_by_type_by_colour_and_by_both() -> None:
    near_first = np.array([[1.0, 0.0], [0.9, 0.1], [0.8, 0.0], [0.0, 1.0], [0.99, 0.01]])
    types = ["Shirt", "Shirt", "Bag", "Bag", None]
    colors = ["Navy Blue", "Red", "Black", "Multi", "Red"]
    figures = alike_figures(near_first, types, colors, count=1)
    # The fourth has no known colour, the last no type. Most alike to the first is the second: a shirt, but red; to the
    # others the first, which is a shirt, and may be blue or black.
    assert figures["images"] == 3
    assert figures["same_type"] == pytest.approx(2 / 3)
    assert figures["same_color"] == pytest.approx(1 / 3)
    assert figures["both"] == 0
    assert figures["same_type_by_chance"] == pytest.approx(2 / 6)
    assert figures["same_color_by_chance"] == pytest.approx(2 / 6)
    assert figures["both_by_chance"] == 0


def test_at_home_the_first_colour_is_the_largest_share() -> None:
    looked = Predictions(np.zeros((12, 10), np.float32), np.eye(12, dtype=np.float32), None)
    shares = np.zeros((12, len(COLORS)), np.float32)
    shares[:6, COLORS.index("red")] = shares[6:, COLORS.index("blue")] = 1
    folders = ["dress"] * 6 + ["shirt"] * 6
    figures = alike_at_home(looked, shares, folders, TYPES)
    # Ten of eleven others are counted, all but one of those that are nothing like it.
    assert figures["by_look"] == dict.fromkeys(("same_label", "same_first_color", "both"), 0.5)
    assert figures["images"] == 12
