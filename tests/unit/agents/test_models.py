"""The choice of the Realtime model."""

from datetime import date

import pytest
from aiohttp import web

from agents.models import (
    ModelChooser,
    ModelChoosers,
    ModelInfo,
    ends_soon,
    first_available,
    read_listing,
)
from tests.serving import serving

DAY = date(2026, 11, 23)


def test_the_first_preferred_model_that_is_listed_wins() -> None:
    """Our order decides, not the listing's."""
    listing = [ModelInfo(id="c"), ModelInfo(id="b"), ModelInfo(id="z")]
    assert first_available(["a", "b", "c"], listing) == ModelInfo(id="b")
    assert first_available(["a"], listing) is None


@pytest.mark.parametrize("written", ["2027-01-20", "2027-01-20T00:00:00Z", 1800403200])
def test_shutdown_dates_are_read_however_they_are_written(written: object) -> None:
    """A date, a moment and Unix seconds are understood."""
    body = {"data": [{"id": "a", "shutdown_date": written}]}
    assert read_listing(body) == [ModelInfo(id="a", shutdown_date=date(2027, 1, 20))]


def test_a_listing_with_strange_entries_is_read_as_far_as_it_can_be() -> None:
    """Entries without an id, and dates that are none, do no harm."""
    body = {"data": [{"object": "model"}, "x", {"id": "a", "shutdown_date": "some day"}]}
    assert read_listing(body) == [ModelInfo(id="a")]


@pytest.mark.parametrize("body", [[], {}, {"data": None}, None, "x"])
def test_what_is_no_listing_is_refused(body: object) -> None:
    """A body of another shape is an error, not an empty list."""
    with pytest.raises(ValueError, match="no `data`"):
        read_listing(body)


def test_the_end_of_a_model_is_near_within_sixty_days() -> None:
    """A model that ends within 60 days, or has ended, is worth a warning."""
    assert ends_soon(ModelInfo(id="a", shutdown_date=date(2027, 1, 20)), DAY)
    assert ends_soon(ModelInfo(id="a", shutdown_date=date(2026, 11, 1)), DAY)
    assert not ends_soon(ModelInfo(id="a", shutdown_date=date(2027, 2, 26)), DAY)
    assert not ends_soon(ModelInfo(id="a"), DAY)


async def test_openai_is_asked_once_and_may_fall_silent() -> None:
    """The choice is remembered; without any answer the first of our list is tried."""
    asked = []

    async def models(request: web.Request) -> web.Response:
        asked.append(request.headers["Authorization"])
        return web.json_response({"data": [{"id": "b"}]})

    async with serving(web.get("/v1/models", models)) as base:
        url = f"{base}/v1"
        chooser = ModelChooser(base_url=url, api_key="k", preferred=["a", "b"])
        assert [await chooser.choose(), await chooser.choose()] == ["b", "b"]
        assert asked == ["Bearer k"]
    assert await ModelChooser(base_url=url, api_key="k", preferred=["a", "b"]).choose() == "a"


def test_each_list_of_models_has_one_chooser() -> None:
    """What OpenAI has is asked once for all calls of a profile."""
    choosers = ModelChoosers(base_url="http://127.0.0.1:9/v1", api_key="k", preferred=["a"])
    assert choosers.of() is choosers.of(None) is choosers.of(["a"])
    assert choosers.of(["b", "a"]) is choosers.of(("b", "a"))
    assert choosers.of(["b"]) is not choosers.of()
