// What an operator does in a running call: listen, take over, whisper to the agent, hand back, hang up.
import { html, useEffect, useRef, useState } from "./vendor.js";
import { post } from "./api.js";
import { Trouble, useAct } from "./parts.js";
import { join } from "./room.js";

function Whisper({ path }) {
  const [text, setText] = useState("");
  const [said, setSaid] = useState("");
  const [act, busy, problem] = useAct(async () => {
    setSaid("");
    await post(`${path}/whisper`, { text });
    setText("");
    setSaid("The agent has been told.");
  });
  return html`<form class="whisper" onSubmit=${(event) => { event.preventDefault(); act(); }}>
    <label>Whisper to the agent <input value=${text} required maxlength="1000" autocomplete="off"
      onInput=${(event) => setText(event.target.value)} /></label>
    <button type="submit" disabled=${busy}>Whisper</button>
    <p class="hint" role="status">${said}</p><${Trouble} problem=${problem} /></form>`;
}

function HandBack({ path, done }) {
  const [note, setNote] = useState("");
  const [act, busy, problem] = useAct(async () => {
    await post(`${path}/handback`, note ? { note } : {});
    await done();
  });
  return html`<form class="whisper" onSubmit=${(event) => { event.preventDefault(); act(); }}>
    <label>What the agent should know <input value=${note} maxlength="1000" autocomplete="off"
      onInput=${(event) => setNote(event.target.value)} /></label>
    <button type="submit" disabled=${busy}>Hand back</button><${Trouble} problem=${problem} /></form>`;
}

export function Ear({ call }) {
  const path = `/calls/${encodeURIComponent(call.call_id)}`;
  const leave = useRef(null);
  const [role, setRole] = useState(null);
  const [level, setLevel] = useState(0);
  const stop = async () => {
    const leaving = leave.current;
    leave.current = null;
    setRole(null);
    setLevel(0);
    await leaving?.();
  };
  useEffect(() => () => { leave.current?.(); }, []);
  const enter = async (way) => {
    await stop();
    const given = await post(`${path}/${way}`);
    leave.current = await join(given, {
      speak: way === "takeover", hears: setLevel,
      left: () => { leave.current = null; setRole(null); setLevel(0); },
    });
    setRole(way);
  };
  const [act, busy, problem] = useAct(enter);
  const [end, ending, refused] = useAct(() => post(`${path}/hangup`));
  const isActive = call.status === "active";
  const percent = Math.round(Math.min(1, level) * 100);
  return html`<div class="ear">
    <p class="actions">
      ${role ? html`<button type="button" onClick=${stop}>${role === "listen" ? "Stop listening" : "Leave the call"}</button>`
        : html`<button type="button" disabled=${busy || !isActive} onClick=${() => act("listen")}>Listen</button>`}
      ${role === "takeover" ? null : html`<button type="button" disabled=${busy || !isActive}
        onClick=${() => act("takeover")}>Take over</button>`}
      <button type="button" class="quiet" disabled=${ending} onClick=${() => end()}>Hang up</button></p>
    ${role ? html`<p class="hearing"><span>${role === "listen" ? "You hear the call; nobody hears you."
      : "You speak with the caller in the agent's place."}</span>
      <span class="bar" role="meter" aria-label="What is heard" aria-valuemin="0" aria-valuemax="100"
        aria-valuenow=${percent}><span class="fill" style=${{ transform: `scaleX(${percent / 100})` }}></span></span></p>` : null}
    <${Trouble} problem=${problem ?? refused} />
    ${role === "takeover" || call.taken_over ? html`<${HandBack} path=${path} done=${stop} />`
      : isActive ? html`<details><summary>Whisper</summary><${Whisper} path=${path} /></details>` : null}
  </div>`;
}
