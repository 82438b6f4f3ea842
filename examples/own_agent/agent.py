"""An agent of your own: an ordinary livekit-agents program that takes and places WhatsApp calls.

    wacall up --no-agent                       the rest of wacall
    python examples/own_agent/agent.py start   this, with the same LIVEKIT_* and AGENT_NAME

docs/own-agent.md tells what each step is for.
"""

import os

from livekit.agents import Agent, AgentServer, AgentSession, JobContext, cli
from livekit.plugins import openai

from wacall.own_agent.phone_call import PhoneCall, take_calls

# LiveKit gives no jobs to a worker that reports a load above 0.7: this one takes every call.
server = AgentServer(
    load_fnc=lambda: 0.0,
    num_idle_processes=2,
    port=int(os.environ.get("AGENT_HEALTH_PORT", "8081")),
)


@server.rtc_session(
    agent_name=os.environ.get("AGENT_NAME", "whatsapp-agent"), on_request=take_calls
)
async def answer(ctx: JobContext) -> None:
    """Take one call."""
    await ctx.connect()
    call = PhoneCall(ctx)
    # OPENAI_API_KEY and OPENAI_BASE_URL are read from the environment
    session: AgentSession[None] = AgentSession(llm=openai.realtime.RealtimeModel(voice="marin"))
    session.output.audio = call.output
    await session.start(
        Agent(instructions="You answer the phone of a bicycle shop. Be brief and friendly."),
        room=ctx.room,
        room_options=call.room_options,
    )
    await call.publish()
    if await call.answered():
        session.generate_reply(instructions="Greet the caller, and say that you are a machine.")


if __name__ == "__main__":
    cli.run_app(server)
