// The transcript beside the recording: a click on a line plays from where it was said.
import { html, useRef, useState } from "./vendor.js";
import { timeOfDay, utc } from "./format.js";
import { Empty } from "./parts.js";

// a turn is written when it is finished: begin to listen a little before
const LEAD_S = 4;

/** Seconds into the recording at which a turn is to be heard. Pure. */
export function offset(turn, call) {
  const began = call.recording?.began_at ?? call.media_at ?? call.answered_at;
  return began ? Math.max(0, (Date.parse(turn.at) - Date.parse(began)) / 1000 - LEAD_S) : 0;
}

/** Two files, one for each side, that play as one. */
function Player({ id, sound }) {
  const agent = useRef(null);
  const [isGone, setIsGone] = useState(false);
  const along = (event) => {
    const [lead, other] = [event.target, agent.current];
    if (!other) return;
    if (Math.abs(other.currentTime - lead.currentTime) > 0.2) other.currentTime = lead.currentTime;
    if (lead.paused) other.pause();
    else other.play().catch(() => {});
  };
  const path = (side) => `/calls/${encodeURIComponent(id)}/recording/${side}`;
  return html`<div class="player">
    <audio ref=${sound} controls preload="none" src=${path("caller")} aria-label="Recording of the call"
      onPlay=${along} onPause=${along} onSeeked=${along} onError=${() => setIsGone(true)}></audio>
    <audio ref=${agent} preload="none" src=${path("agent")} hidden></audio>
    <p class="hint" role="status">${isGone ? "There is no sound of this call here; a recording lies in the media bridge's folder."
      : "Choose a line to hear it, if the call was recorded."}</p></div>`;
}

export function Talk({ call }) {
  const sound = useRef(null);
  const [chosen, setChosen] = useState(null);
  const turns = call.transcript ?? [];
  if (!turns.length) return html`<${Empty}>${call.ended_at ? "Nobody said anything." : "Nobody has said anything yet."}<//>`;
  const hear = (turn) => {
    setChosen(turn.sequence);
    const audio = sound.current;
    audio.currentTime = offset(turn, call);
    audio.play().catch(() => {});
  };
  return html`<div class="beside talkative">
    <ol class="transcript">${turns.map((turn) => html`<li key=${turn.sequence} class=${turn.speaker}>
      <button type="button" aria-current=${turn.sequence === chosen ? "true" : undefined} title=${utc(turn.at)}
        onClick=${() => hear(turn)}><span class="speaker">${turn.speaker === "user" ? "Caller" : "Agent"}
        <span class="at">${timeOfDay(turn.at)}</span></span>
        <span class="words">${turn.text}${turn.interrupted ? " …" : ""}</span></button></li>`)}</ol>
    <${Player} id=${call.id} sound=${sound} /></div>`;
}
