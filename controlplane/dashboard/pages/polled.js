// The live calls without a stream: asked for now and then, from the routes that programs use too.
import { get } from "./api.js";

const LIVE = new Set(["dialing", "ringing", "connecting", "active"]);

/** Calls and rooms as the stream would tell them. Pure; `now` in ms. */
export function joined(calls, rooms, now) {
  const known = new Map(rooms.map((room) => [room.call_id, room]));
  return calls.filter((call) => LIVE.has(call.status)).map((call) => {
    const room = known.get(call.id);
    return {
      call_id: call.id, direction: call.direction, status: call.status, profile: call.profile,
      began_at: call.created_at, answered_at: call.answered_at, age_s: (now - Date.parse(call.created_at)) / 1000,
      agent: room?.agent_state ?? null, person: call.caller?.phone ? `…${String(call.caller.phone).slice(-2)}` : null,
      cost_usd: null, talk: null, listeners: null, taken_over: room?.taken_over ?? false,
      wants_human: room?.wants_human ?? null,
    };
  });
}

export async function polled() {
  const { calls } = await get("/calls", { limit: 100 });
  const { rooms } = await get("/rooms").catch(() => ({ rooms: [] }));
  return joined(calls, rooms, Date.now());
}
