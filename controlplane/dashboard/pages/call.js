// One call: why it ended on top, then what happened when, what was said, and what came of it.
import { html, useCallback, useEffect } from "./vendor.js";
import { money, span, took, whom, words } from "./format.js";
import { useChanges } from "./live.js";
import { Badge, Empty, Facts, Heading, Table, Time, Trouble, useAnswer } from "./parts.js";
import { Talk } from "./talk.js";
import { Turns } from "./turns.js";
import { Quality } from "./quality.js";
import { Waterfall } from "./waterfall.js";

const Why = ({ call }) => (call.why || call.whose ? html`<div class="why">
  <p>${call.why ?? ""}</p>
  ${call.whose ? html`<p><strong>Whose side:</strong> ${words(call.whose)}</p>` : null}
  ${call.advice && !call.why?.includes(call.advice) ? html`<p><strong>What to do:</strong> ${call.advice}</p>` : null}</div>` : null);

const Part = ({ name, children }) => html`<section><h2>${name}</h2>${children}</section>`;

/** The lead as the agent wrote it down in this call: later writes fill in and correct. Pure. */
export function leadOf(call) {
  if (call.lead) return call.lead;
  const written = (call.tool_calls ?? []).filter((one) => one.name === "upsertLead" && !one.error);
  return written.length ? Object.assign({}, ...written.map((one) => one.arguments ?? {})) : null;
}

const Lead = ({ lead }) => (lead ? html`<${Facts} of=${{
  Name: lead.name, Phone: lead.phone, Email: lead.email, "Interested in": lead.interest, Notes: lead.notes,
  Stage: lead.stage && words(lead.stage),
}} />` : html`<${Empty}>The agent wrote no lead down.<//>`);

const Findings = ({ after }) => {
  const found = after?.findings;
  if (!found) return html`<${Empty}>${after ? `Nothing yet: the work after the call is ${words(after.status)}.`
    : "No model looked through this call."}<//>`;
  return html`<p>${found.summary}</p><${Facts} of=${{
    Outcome: words(found.outcome), Sentiment: words(found.sentiment), Model: found.model,
    Missing: found.missing?.length ? found.missing.join(", ") : null,
  }} />`;
};

const Tools = ({ of }) => (of?.length ? html`<${Table} quiet caption="What the agent did" head=${["Tool", "When", "Took", "Result"]}
  rows=${of.map((one) => [words(one.name), html`<${Time} iso=${one.began_at ?? one.at} short />`, took(one.latency_ms),
    one.error ? html`<span class="bad">${words(one.error)}</span>` : one.result ?? "done"])} />`
  : html`<${Empty}>The agent used no tool.<//>`);

const Later = ({ call }) => {
  const rows = [
    ...(call.follow_ups ?? []).map((one) => [words(one.channel), one.purpose, words(one.status),
      html`<${Time} iso=${one.due_at} />`, one.last_error ?? ""]),
    ...(call.messages ?? []).map((one) => ["text", one.body, words(one.status), html`<${Time} iso=${one.created_at} />`,
      one.last_error ?? ""]),
  ];
  return rows.length ? html`<${Table} quiet caption="Follow-ups and texts" head=${["What", "Words", "State", "When", "Trouble"]}
    rows=${rows} />` : html`<${Empty}>Nothing was agreed for later.<//>`;
};

const Cost = ({ cost }) => (cost?.usd == null && !Object.keys(cost?.by_kind ?? {}).length
  ? html`<${Empty}>What it cost is not known.<//>` : html`<${Facts} of=${{
  Total: cost.usd == null ? "not known: a part has no price" : money(cost.usd), ...Object.fromEntries(Object.entries(cost.by_kind ?? {})
    .map(([kind, usd]) => [words(kind), money(usd)])),
}} />`);

function Whole({ call }) {
  return html`<${Why} call=${call} />
    <${Facts} of=${{
      Status: html`<${Badge} of=${call.status} />`, Reason: call.end_reason && words(call.end_reason),
      Outcome: call.outcome && words(call.outcome), Direction: words(call.direction), Line: call.profile,
      Began: html`<${Time} iso=${call.created_at} />`,
      Talked: call.duration_s == null ? null : span(call.duration_s), Cost: call.cost?.usd == null ? null : money(call.cost.usd),
    }} />
    <${Part} name="What happened"><${Waterfall} call=${call} /><//>
    <${Part} name="What was said"><${Talk} call=${call} /><//>
    <div class="beside">
      <${Part} name="Summary"><${Findings} after=${call.after_call} /><//>
      <${Part} name="Lead"><${Lead} lead=${leadOf(call)} /><//>
      <${Part} name="Cost"><${Cost} cost=${call.cost} /><//>
    </div>
    <${Part} name="What the agent did"><${Tools} of=${call.tool_calls} /><//>
    <${Part} name="For later"><${Later} call=${call} /><//>
    <${Part} name="Turns"><${Turns} of=${call.turns} /><//>
    <${Part} name="Sound"><${Quality} of=${call.quality} /><//>
    <p class="hint">Call ${call.id}</p>`;
}

// the control plane settles within two minutes what the worker has not
const SETTLED_MS = 5 * 60_000;
const ASK_MS = 3000;

export function CallPage({ id }) {
  const [call, problem, ask] = useAnswer(`/calls/${encodeURIComponent(id)}`);
  const changed = useCallback((other) => { if (other === id) ask(); }, [id, ask]);
  useChanges(changed);
  useEffect(() => {
    if (call) document.title = "Call · wacall";
    // a recording is there a moment after its call, and nothing tells of it
    if (call?.recording?.status !== "recording" || !call.ended_at || Date.now() - Date.parse(call.ended_at) > SETTLED_MS) return undefined;
    const timer = setTimeout(ask, ASK_MS);
    return () => clearTimeout(timer);
  }, [call]);
  return html`<p class="back"><a href="#/calls">All calls</a></p>
    <${Heading}>${call ? `Call with ${whom(call.caller)}` : "Call"}<//>
    <${Trouble} problem=${problem} again=${ask} />
    ${call ? html`<${Whole} call=${call} />` : problem ? null : html`<${Empty}>Looking for it …<//>`}`;
}
