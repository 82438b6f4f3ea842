// The transcript beside the recording: a click on a line plays it, and the line that is heard is marked.
import { html, useEffect, useRef, useState } from "./vendor.js";
import { timeOfDay, utc } from "./format.js";
import { Empty } from "./parts.js";
import { Player } from "./player.js";

// an agent's line is written down as it begins; a caller's when they have ended, and been silent for a moment
const READ_PER_S = 14;
const NOTICED_S = 1;
const BEFORE_S = 0.2;

/** Seconds into the recording at which each line begins to be heard, each after the one before. Pure. */
export function beginnings(turns, began) {
  let last = -BEFORE_S;
  return turns.map((turn) => {
    const at = (Date.parse(turn.at) - Date.parse(began)) / 1000;
    const lasted = turn.speaker === "user" ? NOTICED_S + turn.text.length / READ_PER_S : BEFORE_S;
    last = Math.max(last + BEFORE_S, at - lasted);
    return last;
  });
}

/** Which line is heard at a second; -1: none yet. Pure. */
export const heardAt = (starts, second) => starts.findLastIndex((start) => start <= second + 0.05);

function Line({ turn, hear, isHeard }) {
  const words = html`<span class="speaker">${turn.speaker === "user" ? "Caller" : "Agent"}
    <span class="at">${timeOfDay(turn.at)}</span></span>
    <span class="words">${turn.text}${turn.interrupted ? " …" : ""}</span>`;
  return hear
    ? html`<button type="button" class="line" aria-current=${isHeard ? "true" : undefined} title=${utc(turn.at)} onClick=${hear}>${words}</button>`
    : html`<div class="line" title=${utc(turn.at)}>${words}</div>`;
}

export function Talk({ call }) {
  const seek = useRef(null);
  const list = useRef(null);
  const [second, setSecond] = useState(null);
  const turns = call.transcript ?? [];
  const recording = call.recording ?? { sides: [], why_not: null };
  const hasSound = recording.sides.length > 0;
  const starts = hasSound ? beginnings(turns, recording.began_at) : [];
  const heard = second == null ? -1 : heardAt(starts, second);
  useEffect(() => {
    // the list moves, never the page
    const [line, box] = [list.current?.children[heard], list.current];
    if (!line) return;
    const top = line.offsetTop - box.offsetTop;
    if (top < box.scrollTop || top + line.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = top;
  }, [heard]);
  return html`<div class="beside talkative">
    ${turns.length ? html`<ol class="transcript" ref=${list} tabindex=${hasSound ? undefined : 0}
      aria-label="What was said">${turns.map((turn, number) => html`
      <li key=${turn.sequence} class=${turn.speaker}><${Line} turn=${turn} isHeard=${number === heard}
        hear=${hasSound ? () => seek.current?.(starts[number]) : null} /></li>`)}</ol>`
      : html`<${Empty}>${call.ended_at ? "Nobody said anything." : "Nobody has said anything yet."}<//>`}
    ${hasSound ? html`<${Player} call=${call} seek=${seek} tell=${setSecond} />`
      : html`<div class="player"><${Empty}>${recording.why_not ?? ""}<//></div>`}</div>`;
}
