// All calls, newest first: searched, filtered, a page at a time.
import { html, useEffect, useState } from "./vendor.js";
import { get } from "./api.js";
import { span, whom, words } from "./format.js";
import { useChanges } from "./live.js";
import { Badge, Empty, Heading, Time, Trouble, Word, useAnswer } from "./parts.js";

const PAGE = 50;
const STATUSES = ["dialing", "ringing", "connecting", "active", "completed", "no_answer", "rejected", "failed", "canceled"];
const NOTHING = { q: "", status: "", direction: "", profile: "", reason: "", outcome: "" };

/** What is asked for in the address: `#/calls?reason=media-timeout`. */
const asked = () => {
  const given = new URLSearchParams(location.hash.split("?")[1] ?? "");
  return Object.fromEntries(Object.keys(NOTHING).map((key) => [key, given.get(key) ?? ""]));
};

const Choice = ({ name, value, of, set }) => html`<label>${name}<select value=${value}
  onChange=${(event) => set(event.target.value)}><option value="">any</option>${of.map((one) => html`
    <option key=${one} value=${one}>${words(one)}</option>`)}</select></label>`;

const Row = ({ call }) => html`<li class="row"><a href=${`#/calls/${call.id}`}>
  <span class="who">${whom(call.caller)}</span>
  <span><${Badge} of=${call.status} /></span>
  <span>${words(call.direction)}</span>
  <span>${words(call.end_reason)}</span>
  <span>${call.outcome ? words(call.outcome) : ""}</span>
  <span>${call.duration_s == null ? "" : span(call.duration_s)}</span>
  <span><${Time} iso=${call.created_at} /></span></a></li>`;

export function Calls() {
  const [wanted, setWanted] = useState(asked);
  const [first, problem, ask] = useAnswer("/calls", { ...wanted, limit: PAGE });
  const [older, setOlder] = useState([]);
  const [failed, setFailed] = useState(null);
  const [isAll, setIsAll] = useState(false);
  const change = (part) => (value) => setWanted((before) => ({ ...before, [part]: value }));
  useEffect(() => { setOlder([]); setIsAll(false); }, [wanted]);
  useChanges(ask);

  const seen = new Set();
  const shown = [...(first?.calls ?? []), ...older].filter((call) => !seen.has(call.id) && seen.add(call.id));
  const isLast = isAll || (older.length === 0 && (first?.calls.length ?? 0) < PAGE);
  const more = async () => {
    try {
      const found = await get("/calls", { ...wanted, limit: PAGE, before: shown.at(-1).created_at });
      setOlder((before) => [...before, ...found.calls]);
      setIsAll(found.calls.length < PAGE);
      setFailed(null);
    } catch (error) {
      setFailed(error);
    }
  };
  return html`<${Heading}>Calls<//>
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      <${Word} name="Search" value=${wanted.q} set=${change("q")} hint="name, last digits, call id" />
      <${Choice} name="Status" value=${wanted.status} of=${STATUSES} set=${change("status")} />
      <${Choice} name="Direction" value=${wanted.direction} of=${["inbound", "outbound"]} set=${change("direction")} />
      <${Word} name="Profile" value=${wanted.profile} set=${change("profile")} />
      <${Word} name="Reason" value=${wanted.reason} set=${change("reason")} hint="caller-hangup" />
      <${Word} name="Outcome" value=${wanted.outcome} set=${change("outcome")} />
    </form>
    <${Trouble} problem=${problem} again=${ask} />
    ${first && shown.length === 0 ? html`<${Empty}>${JSON.stringify(wanted) === JSON.stringify(NOTHING)
      ? "There has been no call yet." : "No call is like that."}<//>` : null}
    <ol class="rows" aria-label="Calls, newest first">${shown.map((call) => html`<${Row} key=${call.id} call=${call} />`)}</ol>
    <${Trouble} problem=${failed} />
    ${first && shown.length && !isLast ? html`<p><button type="button" onClick=${more}>Older calls</button></p>` : null}`;
}
