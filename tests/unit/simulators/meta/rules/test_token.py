"""Access tokens as the simulated Graph knows them."""

import pytest

from simulators.meta.rules.graph import Refusal
from simulators.meta.rules.token import Token, TokenState

RIGHT = "Bearer right"


def test_only_the_right_token_is_taken() -> None:
    """Graph says 190 to everything else."""
    token = Token(value="right")
    assert token.check(RIGHT) is None
    for header in (None, "", "right", "Bearer wrong", "bearer right"):
        refusal = token.check(header)
        assert refusal is not None
        assert (refusal.status, refusal.code, refusal.subcode) == (401, 190, None)


@pytest.mark.parametrize(
    ("state", "subcode"), [(TokenState.EXPIRED, 463), (TokenState.REVOKED, 467)]
)
def test_a_dead_token_is_refused_with_its_subcode(state: TokenState, subcode: int) -> None:
    """By which one can tell why."""
    refusal = Token(value="right", state=state).check(RIGHT)
    assert refusal is not None
    assert (refusal.code, refusal.subcode) == (190, subcode)


def test_a_token_is_described() -> None:
    """Scopes with their accounts, and the end; another token is not valid; none is an error."""
    token = Token(value="right", expires_at=1_800_000_000)
    said = token.describe("right", "1234")
    assert isinstance(said, dict)
    assert said["data"]["is_valid"] is True
    assert said["data"]["expires_at"] == 1_800_000_000
    assert said["data"]["granular_scopes"][1]["target_ids"] == ["1234"]
    other = token.describe("wrong", "1234")
    assert isinstance(other, dict)
    assert other["data"]["is_valid"] is False
    assert isinstance(token.describe("", "1234"), Refusal)
