// The rooms of live calls: who is in them, with what tracks, and how well these come through.
import { html, useEffect } from "./vendor.js";
import { count, span, words } from "./format.js";
import { Badge, Empty, Heading, Table, Trouble, useAnswer } from "./parts.js";

const REFRESH_MS = 3000;

/** One row for each track, and one for who has none. Pure. */
export const lines = (room) => (room.participants ?? []).flatMap((one) => {
  const who = [one.identity, words(one.kind), words(one.state)];
  if (!one.tracks.length) return [[...who, "no track", "", "", "", "", ""]];
  return one.tracks.map((track) => [
    ...who, `${track.name || "a track"}${track.muted ? ", muted" : ""}${track.talking ? ", talking" : ""}`,
    track.codec ?? "–", track.bitrate_bps == null ? "–" : `${Math.round(track.bitrate_bps / 1000)} kbit/s`,
    count(track.lost), track.jitter_ms == null ? "–" : `${track.jitter_ms} ms`, words(track.quality),
  ]);
});

const Room = ({ room }) => html`<section>
  <h2>${room.call_id ? html`<a href=${`#/calls/${room.call_id}`}>${room.room}</a>` : room.room}</h2>
  <p>${room.status ? html`<${Badge} of=${room.status} /> ` : null}${span(room.age_s)}${
    room.agent_state ? `, the agent is ${words(room.agent_state)}` : ""}${room.taken_over ? ", taken over" : ""}${
    room.wants_human ? html`, <strong class="bad">wants a person</strong>` : null}</p>
  ${room.trouble ? html`<p class="trouble">${room.trouble}</p>` : null}
  ${room.participants?.length ? html`<${Table} quiet caption=${`Who is in ${room.room}`}
      head=${["Who", "Kind", "State", "Track", "Codec", "Rate", "Lost", "Jitter", "Quality"]} rows=${lines(room)} />`
    : html`<${Empty}>${room.participants ? "Nobody is in it." : "LiveKit did not tell who is in it."}<//>`}</section>`;

export function Rooms() {
  const [found, problem, ask] = useAnswer("/rooms");
  useEffect(() => {
    const timer = setInterval(() => { if (!document.hidden) ask(); }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [ask]);
  return html`<${Heading}>Rooms<//><${Trouble} problem=${problem} again=${ask} />
    ${found?.rooms.length ? found.rooms.map((room) => html`<${Room} key=${room.room} room=${room} />`)
      : problem ? null : html`<${Empty}>${found ? "No call has a room now." : "Looking …"}<//>`}`;
}
