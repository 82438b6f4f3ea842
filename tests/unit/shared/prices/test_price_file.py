"""An operator's prices go before those that are shipped, or the start fails in words."""

from pathlib import Path

import pytest

from shared.prices.price_file import prices_of


def test_an_operators_prices_go_before_the_shipped_ones(tmp_path: Path) -> None:
    """What the file does not name stays as it is shipped; a model is taken whole."""
    file = tmp_path / "prices.toml"
    file.write_text(
        'as_of = "2027-01-01"\n'
        '[tokens."gpt-realtime-2.1"]\naudio_out = 1.0\n[tokens."gpt-6-voice"]\ntext_in = 2.0\n'
        '[minutes]\n"whisper-9" = 0.1\n[meta]\n"49" = 0.06\n"91" = 0\n'
    )
    shipped, prices = prices_of(), prices_of(file)
    assert prices.as_of == "2027-01-01"
    assert prices.tokens["gpt-realtime-2.1"] == {"audio_out": 1.0}
    assert prices.tokens["gpt-6-voice"] == {"text_in": 2.0}
    mini = "gpt-realtime-2.1-mini"
    assert prices.tokens[mini] == shipped.tokens[mini]
    assert prices.minutes == {**shipped.minutes, "whisper-9": 0.1}
    assert prices.meta == {**shipped.meta, "49": 0.06, "91": 0}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("as_of = ", "not TOML"),
        ("[meta]", "`as_of`: it is missing"),
        ('as_of = "today"', "`as_of`: it must be a day such as 2026-01-31"),
        ('as_of = "2027-01-01"\n[meta]\n"+49" = 1', "`meta.\\+49`: it must be a country code"),
        ('as_of = "2027-01-01"\n[meta]\n49 = "1 USD"', "`meta.49`: it must be a number"),
        ('as_of = "2027-01-01"\n[meta]\n49 = -1', "`meta.49`: it must be 0 or more"),
        ('as_of = "2027-01-01"\n[meta]\n49 = nan', "`meta.49`: it must be"),
        ('as_of = "2027-01-01"\n[tokens.x]\nvideo_in = 1', "`tokens.x.video_in`: it must be"),
        ('as_of = "2027-01-01"\n[metta]\n49 = 1', "`metta`: there is no such field"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(tmp_path: Path, text: str, told: str) -> None:
    """The place is named, and what should stand there."""
    file = tmp_path / "prices.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=told):
        prices_of(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Nobody shall believe that their prices count."""
    with pytest.raises(ValueError, match="no file"):
        prices_of(tmp_path / "nowhere.toml")
