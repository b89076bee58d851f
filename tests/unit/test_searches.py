import pytest

from photo_library.search import TypeCount, type_count, words_in


@pytest.mark.parametrize("noise", [-1e-12, 0, 1e-12])
def test_a_mean_does_not_depend_on_what_the_order_of_adding_did_to_the_last_bits(noise: float) -> None:
    # The exact means lie halfway between two numbers of four digits, where the least noise would decide.
    for ten_thousandths in range(10_001, 10_101, 2):
        total = ten_thousandths / 10_000
        assert type_count(2, total + noise) == type_count(2, total)
    assert type_count(0, 0.0) == TypeCount(0, None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Blue Shirt", ("blue", "shirt")),
        ("T-shirt_42.JPG", ("t", "shirt", "42", "jpg")),
        ("Grüne Straße, İstanbul", ("grune", "strasse", "istanbul")),
        ("東京 $.* ^", ("東京",)),
        (" _-", ()),
    ],
)
def test_words_are_letters_and_digits_in_lower_case_without_accents(text: str, words: tuple[str, ...]) -> None:
    assert words_in(text) == words
