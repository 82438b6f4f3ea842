// The recording of a call: two files, one for each side, that sound as one and go by one clock.
import { html, useEffect, useRef, useState } from "./vendor.js";
import { get } from "./api.js";
import { span } from "./format.js";

const NAMES = { both: "Both", caller: "Caller", agent: "Agent" };
// less is not heard as an echo, and each step costs the browser a request
const APART_S = 0.15;

/** How long the sound is by the rows, until the browser has looked at the file. Pure. */
const lengthOf = ({ began_at, ended_at }) => (ended_at ? Math.max(0, (Date.parse(ended_at) - Date.parse(began_at)) / 1000) : 0);

/** `seek` is given a way to hear the sound from a second on; `tell` hears at which second it is. */
export function Player({ call, seek, tell }) {
  const { sides } = call.recording;
  const sounds = useRef({});
  const [who, setWho] = useState("both");
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(lengthOf(call.recording));
  const [plays, setPlays] = useState(false);
  const [problem, setProblem] = useState("");
  const path = (side) => `/calls/${encodeURIComponent(call.id)}/recording/${side}`;
  // the first one is the clock; the other one follows it
  const lead = () => sounds.current[sides[0]];
  const follow = () => {
    for (const side of sides.slice(1)) {
      const other = sounds.current[side];
      if (Math.abs(other.currentTime - lead().currentTime) > APART_S) other.currentTime = lead().currentTime;
      if (lead().paused) other.pause();
      else if (other.paused) other.play().catch(() => {});
    }
  };
  const moved = () => {
    follow();
    setPlays(!lead().paused);
    setAt(lead().currentTime);
    tell(lead().currentTime);
  };
  // the last second would be the end of the sound: what is to be heard lies before it
  const goTo = (second) => {
    lead().currentTime = Math.max(0, length ? Math.min(second, length - 0.1) : second);
    moved();
  };
  const play = () => lead().play().catch(() => {});
  const failed = (side) => get(path(side)).then(
    () => setProblem("This browser cannot play the sound (Ogg Opus)."), (error) => setProblem(error.message));
  useEffect(() => {
    seek.current = (second) => { goTo(second); play(); };
  });
  return html`<div class="player" role="group" aria-label="Recording of the call">
    ${sides.map((side, number) => html`<audio key=${side} data-side=${side} preload="none" src=${path(side)}
      ref=${(sound) => { sounds.current[side] = sound; }} muted=${who !== "both" && who !== side}
      ...${number ? {} : {
        onTimeUpdate: moved, onPlay: moved, onPlaying: moved, onPause: moved, onSeeked: moved, onEnded: moved,
        onDurationChange: (event) => { if (Number.isFinite(event.target.duration)) setLength(event.target.duration); },
      }} onError=${() => failed(side)}></audio>`)}
    <div class="actions">
      <button type="button" onClick=${() => (plays ? lead().pause() : play())}>${plays ? "Pause" : "Play"}</button>
      <span class="at">${span(at)} of ${span(length)}</span>
    </div>
    <input type="range" min="0" max=${Math.ceil(length)} step="1" value=${Math.round(at)} aria-label="Where it is"
      aria-valuetext=${`${span(at)} of ${span(length)}`} onInput=${(event) => goTo(Number(event.target.value))} />
    ${sides.length > 1 ? html`<fieldset class="who"><legend>Hear</legend>${Object.entries(NAMES).map(([key, name]) => html`
      <label key=${key}><input type="radio" name="who" value=${key} checked=${who === key}
        onChange=${() => setWho(key)} />${name}</label>`)}</fieldset>`
      : html`<p class="hint">Only one side was recorded: the ${NAMES[sides[0]].toLowerCase()}.</p>`}
    <p class="hint" role="status">${problem || "Choose a line to hear it."}</p></div>`;
}
