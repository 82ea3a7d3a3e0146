"""What the window says of a file keeps the file's name as it is."""

import pytest

from app.exchange.intake import sentence


@pytest.mark.parametrize(
    ("text", "names", "said"),
    [
        ("a.csv has no recipe inside", (), "a.csv has no recipe inside."),
        ("mnist/flow has other weights", (), "mnist/flow has other weights."),
        ("my photo.png cannot be read", ("my photo.png",), "my photo.png cannot be read."),
        ("x_1 is no picture", (), "x_1 is no picture."),
        ("éa.png is damaged", (), "éa.png is damaged."),
        ("the recipe is damaged", ("a.png",), "The recipe is damaged."),
        (
            "there is no model 'a'; did you mean 'b'?",
            (),
            "There is no model 'a'; did you mean 'b'?",
        ),
        ("it is damaged.", ("",), "It is damaged."),
        ("a file is damaged: x.png", (), "A file is damaged: x.png."),
    ],
)
def test_a_sentence_begins_with_a_capital_unless_a_name_does(text, names, said):
    assert sentence(text, *names) == said


def test_an_endless_name_loses_its_middle():
    said = sentence(f"{'a' * 4000}.png cannot be read")
    assert len(said) < 200
    assert said.endswith("a.png cannot be read.")
