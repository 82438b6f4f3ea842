"""Consent: from webhooks and operators' routes to the ledger, and the check before a dial."""

import asyncio
import uuid
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from controlplane.app import ControlPlane
from controlplane.core.consent import ConsentKind
from controlplane.core.policy import Allowed
from shared.call.call import Call, CallStatus, Direction, EndReason, Termination
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.person import Party
from shared.database.supabase import SupabaseStore
from simulators.meta.people.person import Person as SimulatedPerson
from tests.component.bench import (
    OPERATOR_KEY,
    line_of,
)
from tests.component.ledger import AUTH, BOB, BOB_PHONE, LINE, post, until
from wacall import cli


async def test_operators_import_and_withdraw_with_a_paper(
    plane: ControlPlane, bob: SimulatedPerson, http: aiohttp.ClientSession
) -> None:
    """Written twice it is one entry; the list shows what holds."""
    paper = {"to": BOB_PHONE, "kind": "do_not_call", "reference": "letter 7"}
    for _ in range(2):
        status, entry = await post(http, "/consents/import", paper)
        assert (status, entry["granted"], entry["phone"]) == (201, True, BOB.phone)
    assert (await post(http, "/consents/request", {"to": BOB_PHONE}))[1]["error"]["code"] == (
        "do-not-call"
    )
    status, _ = await post(http, "/consents/withdraw", {**paper, "note": "called us"})
    assert status == 201
    async with http.get("/consents", params={"to": BOB_PHONE}, headers=AUTH) as response:
        found = await response.json()
    assert [entry["granted"] for entry in found["consents"]] == [False, True]
    assert [(one["kind"], one["state"]) for one in found["state"]] == [("do_not_call", "withdrawn")]
    assert (await post(http, "/consents/request", {"to": BOB_PHONE}))[0] == 202


async def test_a_reference_that_was_used_is_never_silently_nothing(
    plane: ControlPlane, http: aiohttp.ClientSession
) -> None:
    """Whoever reads 201 finds that it holds; else it is 409, and another reference is taken."""

    async def write(route: str, reference: str, **more: str) -> tuple[int, Any]:
        body = {"to": BOB_PHONE, "kind": "do_not_call", "reference": reference, **more}
        status, told = await post(http, f"/consents/{route}", body)
        return status, told["id"] if status == 201 else told["error"]["code"]

    said = "2026-01-31T12:00:00Z"
    status, first = await write("import", "letter 7", at=said)
    assert status == 201
    # the same once more, whether or not it says when
    assert await write("import", "letter 7", at=said) == (201, first)
    assert await write("import", "letter 7") == (201, first)
    # other words with the same reference
    assert await write("import", "letter 7", note="by hand") == (409, "reference-used")
    assert await write("import", "letter 7", at="2026-02-01T12:00:00Z") == (409, "reference-used")

    assert (await write("withdraw", "letter 7"))[0] == 201
    assert await write("import", "letter 7") == (409, "reference-used")
    assert not await plane.ledger.is_forbidden(BOB)
    assert (await write("import", "letter 8"))[0] == 201
    assert await plane.ledger.is_forbidden(BOB)
    assert await write("withdraw", "letter 7") == (409, "reference-used")


async def test_a_reference_stands_for_one_line(
    plane: ControlPlane, http: aiohttp.ClientSession
) -> None:
    """What was said to another line of the business is not taken for what is said to ours."""
    kind, papers = ConsentKind.CALL_PERMISSION, plane.use_cases.papers
    other = PhoneNumberId("77")
    await papers.write(BOB, kind, line=other, granted=True, reference="letter 7", at=None)
    paper = {"to": BOB_PHONE, "kind": kind.value, "reference": "letter 7"}
    status, told = await post(http, "/consents/import", paper)
    assert (status, told["error"]["code"]) == (409, "reference-used")
    paper["reference"] = "letter 7, our line"
    assert (await post(http, "/consents/import", paper))[0] == 201
    assert await plane.use_cases.permissions.check(BOB, line=line_of(plane)) == Allowed()


async def test_a_person_is_erased_but_not_in_the_middle_of_a_call(
    plane: ControlPlane, store: SupabaseStore, http: aiohttp.ClientSession
) -> None:
    """What they forbade outlives them, unless the operator says otherwise."""
    for kind in ("recording", "do_not_call"):
        paper = {"to": BOB_PHONE, "kind": kind, "reference": "letter 7"}
        assert (await post(http, "/consents/import", paper))[0] == 201
    call = Call(
        id=CallId(str(uuid.uuid4())),
        wacid=WhatsAppCallId("wacid.1"),
        direction=Direction.INBOUND,
        status=CallStatus.RINGING,
        phone_number_id=PhoneNumberId(LINE),
        party=Party(person=BOB),
        created_at=datetime.now(UTC),
    )
    await store.claim_call(call)
    status, answer = await post(http, "/consents/erase", {"to": BOB_PHONE})
    assert (status, answer["error"]["code"]) == (409, "live-call")
    assert await store.get_call(call.id) is not None

    await store.end_call(
        call.id,
        termination=Termination.of(EndReason.CALLER_HANGUP, answered=False),
        ended_at=datetime.now(UTC),
        answered_at=None,
        by_peer=True,
    )
    status, answer = await post(http, "/consents/erase", {"to": BOB_PHONE})
    assert (status, answer) == (200, {"erased": {"calls": 1, "call_events": 0, "consents": 1}})
    assert await store.get_call(call.id) is None
    assert [one.kind for one in await until(plane, 1)] == [ConsentKind.DO_NOT_CALL]
    everything = {"to": BOB_PHONE, "forget_do_not_call": True}
    assert (await post(http, "/consents/erase", everything))[1]["erased"]["consents"] == 1
    assert await plane.ledger.entries(limit=9) == []


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/consents/request", {}, "to"),
        ("/consents/request", {"to": "12"}, "to"),
        ("/consents/request", {"to": "2125550123"}, "to has no country code"),
        ("/consents/erase", {"to": "15550001111"}, "to has no country code"),
        ("/calls", {"to": "(555) 123-4567"}, "to has no country code"),
        ("/consents/request", {"to": "NL.1", "txet": "x"}, "txet"),
        ("/consents/request", [], "body"),
        (
            "/consents/request",
            {"to": "NL.1", "text": "x", "template": {"name": "x", "language": "nl"}},
            "template",
        ),
        ("/consents/erase", {"to": "NL.1", "forget_do_not_call": "yes"}, "forget_do_not_call"),
        ("/consents/import", {"to": "NL.1", "kind": "mood", "reference": "x"}, "kind"),
        ("/consents/import", {"to": "NL.1", "kind": "recording"}, "reference"),
        (
            "/consents/import",
            {
                "to": "NL.1",
                "kind": "call_permission",
                "reference": "x",
                "valid_until": "2020-01-01T00:00:00Z",
            },
            "valid_until",
        ),
        (
            "/consents/import",
            {
                "to": "NL.1",
                "kind": "do_not_call",
                "reference": "x",
                "valid_until": "2999-01-01T00:00:00Z",
            },
            "valid_until",
        ),
        (
            "/consents/import",
            {"to": "NL.1", "kind": "recording", "reference": "x", "at": "2999-01-01T00:00:00Z"},
            "at",
        ),
        (
            "/consents/withdraw",
            {"to": "NL.1", "kind": "recording", "reference": "x", "at": "2020-01-01T00:00:00"},
            "at",
        ),
    ],
)
async def test_malformed_bodies_are_named(
    plane: ControlPlane, http: aiohttp.ClientSession, path: str, body: Any, named: str
) -> None:
    """400 with the field's name."""
    status, answer = await post(http, path, body)
    assert (status, answer["error"]["code"]) == (400, "bad-request")
    assert named in answer["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/consents"),
        ("POST", "/consents/request"),
        ("POST", "/consents/import"),
        ("POST", "/consents/withdraw"),
        ("POST", "/consents/erase"),
    ],
)
async def test_only_operators_get_in(
    plane: ControlPlane, http: aiohttp.ClientSession, method: str, path: str
) -> None:
    """Without the key: 401."""
    async with http.request(method, path) as response:
        assert response.status == 401


async def test_the_command_line_speaks_with_a_running_control_plane(
    plane: ControlPlane,
    bob: SimulatedPerson,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """request, import, withdraw, list, erase; a refusal is a sentence and exit code 1."""
    monkeypatch.setenv("CONTROLPLANE_API_KEY", OPERATOR_KEY)
    monkeypatch.setenv("CONTROLPLANE_URL", f"http://127.0.0.1:{plane.settings.port}")

    async def run(*argv: str) -> tuple[int, str]:
        code = await asyncio.to_thread(cli.main, ["consent", *argv])
        said = capsys.readouterr()
        return code, said.out + said.err

    assert (await run("list"))[1].startswith("The ledger has no consents; `wacall consent request")
    assert (await run("request", BOB_PHONE, "--text", "May we?"))[0] == 0
    code, said = await run("request", BOB_PHONE)
    assert (code, "as often as Meta allows" in said, "tried again at 20" in said) == (1, True, True)
    paper = ("--kind", "recording", "--reference", "form 12")
    assert (await run("import", BOB_PHONE, *paper, "--valid-until", "2999-01-01T00:00:00Z"))[0] == 0
    code, said = await run("list", BOB_PHONE)
    assert "now: recording is granted until 2999" in said
    assert (await run("withdraw", BOB_PHONE, *paper))[0] == 0
    assert "now: recording is withdrawn" in (await run("list", BOB_PHONE))[1]
    # nobody can be asked whether they are sure
    assert (await run("erase", BOB_PHONE))[0] == 1
    code, said = await run("erase", BOB_PHONE, "--yes")
    assert (code, said) == (0, "erased: 0 calls, 2 consents, 1 call_events\n")
    assert (await run("list", BOB_PHONE))[1].startswith("The ledger has no consents; ")
    monkeypatch.setenv("CONTROLPLANE_API_KEY", "wrong")
    code, said = await run("list")
    assert (code, "CONTROLPLANE_API_KEY" in said) == (1, True)
