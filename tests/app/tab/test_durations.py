"""How long something took, in words."""

import pytest

from app.tab.durations import took


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.00314, "3.1 ms"),
        (0.3124, "312 ms"),
        (0.9994, "999 ms"),
        (1, "1.0 s"),
        (4.21, "4.2 s"),
        (12.4, "12 s"),
        (1234.4, "1,234 s"),
    ],
)
def test_a_duration_has_the_digits_that_count(seconds, words):
    assert took(seconds) == words
