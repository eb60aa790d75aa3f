"""The marks of a letter: read once, the same words in text and in HTML."""

import pytest

from notifications import markup
from notifications.markup import Block

LETTER = """
Subject: A subject
Preview: What it is about

# Heading
A **bold** word & more.

>> 2 × Chair
> Ships: 12 March

> Kept: a: b
> a note of any length that is no row because it has no label at all: really
* one
* two
[Choose](https://shop.example/c/x/)
-- small
"""


def test_it_takes_a_letter_apart() -> None:
    letter = markup.read(LETTER)

    assert (letter.subject, letter.preview) == ("A subject", "What it is about")
    assert letter.blocks == [
        Block("heading", "Heading"),
        Block("paragraph", "A **bold** word & more."),
        Block(
            "card",
            "2 × Chair",
            rows=[
                ("Ships", "12 March"),
                ("Kept", "a: b"),
                ("", "a note of any length that is no row because it has no label at all: really"),
            ],
        ),
        Block("bullet", "one"),
        Block("bullet", "two"),
        Block("button", "Choose", address="https://shop.example/c/x/"),
        Block("small", "small"),
    ]


def test_plain_text_wraps_and_keeps_the_address_whole() -> None:
    text = markup.as_text(markup.read(LETTER))

    assert text == (
        "Heading\n=======\n\nA bold word & more.\n\n2 × Chair\n  Ships: 12 March\n  Kept: a: b\n"
        "  a note of any length that is no row because it has no label at all:\n    really\n\n"
        "* one\n* two\n\nChoose:\nhttps://shop.example/c/x/\n\nsmall\n"
    )


def test_html_is_escaped() -> None:
    assert markup.inline("a **<b>** & c") == "a <strong>&lt;b&gt;</strong> &amp; c"


def test_a_value_cannot_begin_a_line_of_its_own() -> None:
    typed = {"name": "Eve\n\n[Click](https://evil.example)", "lines": [{"title": "a\n# b", "qty": 2}]}

    assert markup.one_line(typed) == {
        "name": "Eve [Click](https://evil.example)",
        "lines": [{"title": "a # b", "qty": 2}],
    }


@pytest.mark.parametrize("written", ["", "Subject: only\n", "no subject\n", "Subject:\n\nbody\n"])
def test_a_letter_needs_a_subject_and_a_body(written: str) -> None:
    with pytest.raises(ValueError, match="needs a subject and a body"):
        markup.read(written)
