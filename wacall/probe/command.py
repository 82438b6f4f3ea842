"""`wacall probe openai`: ask the real OpenAI what its documentation leaves open; half a minute."""

import argparse
import asyncio
import logging
import sys
import tempfile
from pathlib import Path

from agents.settings import Settings
from shared.bridge.errors import BridgeRefused, BridgeUnreachable
from wacall import environment
from wacall.probe.answers import answers
from wacall.probe.openai_call import ProbeFailed, look
from wacall.stack.processes import ChildFailed

_WHOLE_S = 120.0
# what the agent's settings ask for, and a probe has no use for
_UNUSED = {
    "LIVEKIT_URL": "ws://127.0.0.1:1", "LIVEKIT_API_KEY": "none", "LIVEKIT_API_SECRET": "none",
    "SUPABASE_URL": "http://127.0.0.1:1", "SUPABASE_SECRET_KEY": "none",
    "BRIDGE_URL": "http://127.0.0.1:1",
}  # fmt: skip
# of a LiveKit and of bridges that take calls
_OTHERS = ("LIVEKIT_", "BRIDGE_URL", "BRIDGE_TOKEN")


def main(argv: list[str]) -> int:
    """Print each answer and what it means; 1 if OpenAI could not be asked."""
    parser = argparse.ArgumentParser(
        prog="wacall probe",
        description="Makes two short calls to OpenAI over a media bridge, with OPENAI_API_KEY, "
        "and prints what only OpenAI itself can tell, and what it means for calls. Costs half a "
        "minute of audio. Nothing of a running stack is touched.",
    )
    parser.add_argument("whom", choices=["openai"], help="who is asked")
    parser.parse_args(argv)
    environ = environment.load()
    try:
        settings = Settings.from_env({**environ, **_UNUSED})
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    # what goes wrong ends in one sentence
    logging.basicConfig(handlers=[logging.NullHandler()])
    own = {name: value for name, value in environ.items() if not name.startswith(_OTHERS)}
    print(f"Asking {settings.openai_base_url}; this takes half a minute.", flush=True)
    try:
        with tempfile.TemporaryDirectory(prefix="wacall-probe-") as directory:
            seen = asyncio.run(asyncio.wait_for(look(settings, own, Path(directory)), _WHOLE_S))
    except (ProbeFailed, ChildFailed, BridgeRefused, BridgeUnreachable) as error:
        print(error, file=sys.stderr)
        return 1
    except TimeoutError:
        print(f"OpenAI was not done within {_WHOLE_S:.0f} s; run it again.", file=sys.stderr)
        return 1
    print(f"Model {seen.model}.\n")
    print("\n".join(str(answer) for answer in answers(seen)))
    return 0
