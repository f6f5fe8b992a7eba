"""Texts for people as data: values go to their places, whatever they hold."""

from __future__ import annotations

from segue.domain.phrases import counted, english, phrase


def test_values_go_to_their_places_and_numbers_are_grouped() -> None:
    assert str(phrase("{1} of {0} files", 12_345, "some")) == "some of 12,345 files"


def test_a_value_that_looks_like_a_place_stays_as_it_is() -> None:
    assert str(phrase("“{0}” and “{1}”", "{1}", "b")) == "“{1}” and “b”"
    assert english("{0} {3}", ["a"]) == "a {3}"


def test_a_phrase_may_be_a_value_and_counts_choose_their_text() -> None:
    files = counted(1, "1 file", "{0} files")
    assert str(counted(3, "1 change in {1}", "{0} changes in {1}", files)) == "3 changes in 1 file"
    assert str(counted(1, "1 change in {1}", "{0} changes in {1}", files)) == "1 change in 1 file"
