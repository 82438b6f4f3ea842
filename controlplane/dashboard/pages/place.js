// Call somebody, or ask whether they may be called. The policy's answer comes as a sentence.
import { html, useRef, useState } from "./vendor.js";
import { Problem, get, post } from "./api.js";
import { words } from "./format.js";
import { Heading, Time, Trouble, useAct } from "./parts.js";

function read(text) {
  if (!text.trim()) return {};
  try {
    const found = JSON.parse(text);
    if (found && typeof found === "object" && !Array.isArray(found)) return found;
  } catch { /* said below */ }
  throw new Problem(0, "bad-context", "What the agent should know must be a JSON object, such as {\"order\": 42}.");
}

// where the API's sentence names a route, the page has a button
const IN_OUR_WORDS = {
  "no-permission": "This person has not permitted calls; ask them for it.",
  "permission-expired": "This person's permission has expired; ask them anew.",
  "unanswered-limit": "This person left so many calls in a row unanswered that the permission ended; ask them anew.",
};

// `crypto.randomUUID` is there over https and on this machine alone
const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))]
  .map((byte) => byte.toString(16).padStart(2, "0")).join("");

export function Place() {
  const [to, setTo] = useState("");
  const [profile, setProfile] = useState("");
  const [context, setContext] = useState("");
  const [answer, setAnswer] = useState(null);
  // the same order sent again after a lost answer is the same call
  const key = useRef(newKey());
  const body = () => ({ to, ...(profile ? { profile } : {}) });
  // one answer for three buttons: the last one's
  const [act, busy, problem, forget] = useAct(async (work) => { setAnswer(null); setAnswer(await work()); });
  const call = async () => {
    const placed = await post("/calls", { ...body(), context: read(context) }, { "Idempotency-Key": key.current });
    key.current = newKey();
    return html`<p>The call is being placed. <a href=${`#/calls/${placed.call_id}`}>See it</a>.</p>
      ${(placed.warnings ?? []).map((one) => html`<p>${one}</p>`)}`;
  };
  const ask = async () => {
    const sent = await post("/consents/request", body());
    return html`<p>They were asked${sent.template ? ` with the template ${sent.template}` : ""}. The reply comes into the ledger.</p>`;
  };
  const look = async () => {
    const found = await get("/consents", { to });
    const waits = (found.probable_stops ?? []).filter((one) => !one.decision);
    return html`${found.state.length ? html`<ul>${found.state.map((one) => html`<li>${words(one.kind)}: ${words(one.state)}
        ${one.valid_until ? html`, until <${Time} iso=${one.valid_until} />` : null}</li>`)}</ul>`
      : html`<p>Nothing is known of what they allow: ask them first.</p>`}
      ${waits.length ? html`<p>A message of theirs may be a STOP; it waits for a decision on <a href="#/people">People</a>.</p>` : null}`;
  };
  const changed = (set) => (event) => { set(event.target.value); key.current = newKey(); setAnswer(null); forget(); };
  const ours = problem && IN_OUR_WORDS[problem.code];
  const told = ours ? new Problem(problem.status, problem.code, ours, problem.retryAt) : problem;
  return html`<${Heading}>Call somebody<//>
    <form class="tall" onSubmit=${(event) => { event.preventDefault(); act(call); }}>
      <label for="to">Number or user id</label>
      <input id="to" value=${to} onInput=${changed(setTo)} required autocomplete="off" inputmode="tel" aria-describedby="to-hint" />
      <p id="to-hint" class="hint">With the country code: +1 555 123 4567.</p>
      <label for="profile">Profile</label>
      <input id="profile" value=${profile} onInput=${changed(setProfile)} autocomplete="off" placeholder="the number's" />
      <label for="context">What the agent should know</label>
      <textarea id="context" rows="3" onInput=${changed(setContext)} placeholder='{"order": 42}' value=${context}></textarea>
      <p class="actions"><button type="submit" disabled=${busy}>Call</button>
        <button type="button" class="quiet" disabled=${busy || !to} onClick=${() => act(ask)}>Ask for permission</button>
        <button type="button" class="quiet" disabled=${busy || !to} onClick=${() => act(look)}>May they be called?</button></p>
      <${Trouble} problem=${told} />
      <div role="status">${problem ? null : answer}</div>
    </form>`;
}
