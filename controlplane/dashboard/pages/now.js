// The calls in progress. A card keeps its place: one that has ended stays, marked, until it is put away.
import { html, useEffect, useRef, useState } from "./vendor.js";
import { count, money, percent, span, words } from "./format.js";
import { useNow } from "./live.js";
import { Badge, Empty, Heading, Time, useAnswer, useTick } from "./parts.js";
import { Ear } from "./ear.js";

/** The list as it is shown: oldest first, the ended ones in their places. */
export function kept(before, calls) {
  const live = new Map(calls.map((call) => [call.call_id, call]));
  const old = before.map(({ call }) => (live.has(call.call_id)
    ? { call: live.get(call.call_id), over: false } : { call, over: true }));
  const known = new Set(before.map(({ call }) => call.call_id));
  const fresh = calls.filter((call) => !known.has(call.call_id))
    .sort((one, other) => String(one.began_at).localeCompare(String(other.began_at)));
  return [...old, ...fresh.map((call) => ({ call, over: false }))];
}

const Talk = ({ side, part }) => html`
  <div class="talk"><span>${side}</span>
    <div class="bar" role="meter" aria-label=${`${side} speaks`} aria-valuemin="0" aria-valuemax="100"
      aria-valuenow=${Math.round((part ?? 0) * 100)} aria-valuetext=${part == null ? "not known" : percent(part)}>
      <div class="fill" style=${{ transform: `scaleX(${part ?? 0})` }}></div></div></div>`;

function Card({ call, over, at, now, put }) {
  const age = (call.age_s ?? 0) + (over ? 0 : Math.max(0, now - at) / 1000);
  const wants = call.wants_human && !call.taken_over && !over;
  return html`<li class=${`card ${over ? "over" : ""} ${wants ? "wants" : ""}`} aria-label=${`Call with ${call.person ?? "somebody"}`}>
    <h2><a href=${`#/calls/${call.call_id}`}>${call.person ?? "Somebody"}</a></h2>
    <p class="line"><${Badge} of=${over ? "ended" : call.status} /> ${words(call.direction)}
      <span class="age">${span(age)}</span></p>
    <${Talk} side="Caller" part=${over ? 0 : call.talk?.user} />
    <${Talk} side=${call.taken_over ? "Operator" : "Agent"} part=${over ? 0 : call.talk?.assistant} />
    <dl class="facts"><div><dt>Began</dt><dd><${Time} iso=${call.began_at} short /></dd></div>
      <div><dt>Line</dt><dd>${call.profile ?? "–"}</dd></div>
      <div><dt>Agent</dt><dd>${words(call.agent)}</dd></div>
      <div><dt>Cost</dt><dd>${money(call.cost_usd)}</dd></div>
      <div><dt>Listening</dt><dd>${call.listeners ?? "–"}</dd></div></dl>
    <p class="wanted">${wants ? "Wants a person." : ""}</p>
    ${over ? html`<p class="actions"><a class="button" href=${`#/calls/${call.call_id}`}>What happened</a>
        <button type="button" class="quiet" onClick=${put}>Put away</button></p>`
      : html`<${Ear} call=${call} />`}
  </li>`;
}

/** What today has cost against what it may; asked anew whenever a call comes or goes. */
function Today({ live }) {
  const [costs, , ask] = useAnswer("/dashboard/api/costs");
  const first = useRef(true);
  useEffect(() => {
    if (first.current) first.current = false;
    else ask();
  }, [live]);
  return html`<p class="summary hint">${costs === null ? "" : costs.cap_usd == null
    ? `Today's calls (UTC) have cost ${money(costs.today_usd)}.`
    : `Today's calls (UTC) have cost ${money(costs.today_usd)} of the ${money(costs.cap_usd)} that they may${
      costs.today_usd >= costs.cap_usd ? ": no more are placed today" : ""}.`}${costs?.unpriced
    ? ` What ${count(costs.unpriced)} of them cost is not known whole.` : ""}</p>`;
}

export function Now() {
  const { calls, at } = useNow();
  const now = useTick();
  const [shown, setShown] = useState([]);
  const last = useRef(null);
  useEffect(() => {
    if (!calls || last.current === calls) return;
    last.current = calls;
    setShown((before) => kept(before, calls));
  }, [calls]);
  const live = shown.filter(({ over }) => !over).length;
  return html`<${Heading}>Now<//>
    <p class="summary" role="status">${calls === null ? "Waiting for the control plane …"
      : live === 1 ? "One call is in progress." : live ? `${live} calls are in progress.` : "Nobody is calling."}</p>
    <${Today} live=${live} />
    ${calls !== null && shown.length === 0 ? html`<${Empty}>A call appears here the moment it rings.
      <a href="#/place">Place one</a>, or look at <a href="#/calls">those that were</a>.<//>` : null}
    <ul class="cards">${shown.map(({ call, over }) => html`<${Card} key=${call.call_id} call=${call} over=${over}
      at=${at} now=${now} put=${() => setShown((list) => list.filter((one) => one.call.call_id !== call.call_id))} />`)}
    </ul>`;
}
