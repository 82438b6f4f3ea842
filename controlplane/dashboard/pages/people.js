// What was agreed with people, what they allow, what they may have forbidden, and how to forget them.
import { html, useRef, useState } from "./vendor.js";
import { post } from "./api.js";
import { plain, words } from "./format.js";
import { Badge, Empty, Heading, Table, Time, Trouble, Word, useAct, useAnswer } from "./parts.js";

const who = (one) => one.phone ? `+${String(one.phone).replace(/^\+/, "")}` : one.user_id ?? one.person ?? "somebody";

function Stops({ of, again }) {
  const [decide, busy, problem] = useAct(async (id, decision) => {
    await post("/consents/decide", { id, decision });
    await again();
  });
  return html`<section><h2>May have said STOP</h2>
    ${of.length ? html`<ul class="rows">${of.map((one) => html`<li class="item" key=${one.id}>
      <p><strong>${who(one)}</strong> wrote <q>${plain(one.said)}</q>, <${Time} iso=${one.at} />.
        Not called until <${Time} iso=${one.until} />.</p>
      <p class="actions"><button type="button" disabled=${busy} onClick=${() => decide(one.id, "do-not-call")}>Do not call again</button>
        <button type="button" class="quiet" disabled=${busy} onClick=${() => decide(one.id, "dismissed")}>It was none</button></p></li>`)}</ul>`
      : html`<${Empty}>No message waits for a decision.<//>`}
    <${Trouble} problem=${problem} /></section>`;
}

function FollowUps({ found, problem, ask, status, setStatus }) {
  const [close, busy, refused] = useAct(async (id, way) => {
    await post(`/follow-ups/${encodeURIComponent(id)}/${way}`);
    await ask();
  });
  const rows = found?.follow_ups ?? [];
  return html`<section><h2>Follow-ups</h2>
    <form class="filters" onSubmit=${(event) => event.preventDefault()}><label>State<select value=${status}
      onChange=${(event) => setStatus(event.target.value)}><option value="">any</option>
      ${["open", "done", "failed", "canceled"].map((one) => html`<option key=${one} value=${one}>${words(one)}</option>`)}
    </select></label></form>
    <${Trouble} problem=${problem ?? refused} again=${ask} />
    ${rows.length ? html`<${Table} quiet caption="Follow-ups" head=${["What", "Due", "State", "Trouble", "Call", "Close"]}
      rows=${rows.map((one) => [`${words(one.channel)}: ${one.purpose}`, html`<${Time} iso=${one.due_at} />`,
        html`<${Badge} of=${one.status} />`, one.last_error ?? "", html`<a href=${`#/calls/${one.call_id}`}>the call</a>`,
        one.finished_at ? html`<${Time} iso=${one.finished_at} />` : html`<span class="actions">
          <button type="button" disabled=${busy} onClick=${() => close(one.id, "done")}>Done</button>
          <button type="button" class="quiet" disabled=${busy} onClick=${() => close(one.id, "cancel")}>Cancel</button></span>`])} />`
      : found ? html`<${Empty}>There is no follow-up like that.<//>` : null}</section>`;
}

const Consents = ({ of }) => html`<section><h2>What people allow</h2>
  ${of.length ? html`<${Table} quiet caption="Entries of the ledger" head=${["Person", "What", "Says", "From", "When", "Until"]}
    rows=${of.map((one) => [who(one), words(one.kind), one.granted ? "yes" : "no", words(one.source),
      html`<${Time} iso=${one.at} />`, one.valid_until ? html`<${Time} iso=${one.valid_until} />` : "until withdrawn"])} />`
    : html`<${Empty}>Nobody has allowed or forbidden anything yet.<//>`}</section>`;

function Erase({ again }) {
  const [to, setTo] = useState("");
  const [forget, setForget] = useState(false);
  const [gone, setGone] = useState(null);
  const dialog = useRef(null);
  const [act, busy, problem] = useAct(async () => {
    dialog.current.close();
    const { erased } = await post("/consents/erase", { to, forget_do_not_call: forget });
    setGone(erased);
    await again();
  });
  return html`<section><h2>Forget somebody</h2>
    <form class="filters" onSubmit=${(event) => { event.preventDefault(); setGone(null); dialog.current.showModal(); }}>
      <label>Number or user id<input value=${to} required autocomplete="off" onInput=${(event) => setTo(event.target.value)} /></label>
      <button type="submit" class="danger" disabled=${busy}>Erase …</button></form>
    <${Trouble} problem=${problem} />
    <p role="status">${gone ? `Erased: ${Object.entries(gone).filter(([, n]) => n)
      .map(([table, n]) => `${n} of ${words(table)}`).join(", ") || "nothing was known of them"}.` : ""}</p>
    <dialog ref=${dialog} aria-labelledby="erase-title"><h2 id="erase-title">Erase ${to}?</h2>
      <p>Their calls go, with transcripts, recordings, leads, follow-ups and texts; and what they allowed.
        This cannot be undone. That they must not be called stays.</p>
      <label class="check"><input type="checkbox" checked=${forget} onChange=${(event) => setForget(event.target.checked)} />
        Forget even that they must not be called</label>
      <p class="actions"><button type="button" class="danger" onClick=${() => act()}>Erase for good</button>
        <button type="button" class="quiet" onClick=${() => dialog.current.close()}>Keep</button></p></dialog></section>`;
}

export function People() {
  const [to, setTo] = useState("");
  const [found, problem, ask] = useAnswer("/consents", { to, limit: 100 });
  const [status, setStatus] = useState("");
  const [later, late, again] = useAnswer("/follow-ups", { status, limit: 50 });
  // all at once: what comes one after the other pushes the rest down
  if (!(found || problem) || !(later || late)) return html`<${Heading}>People<//><${Empty}>Looking …<//>`;
  return html`<${Heading}>People<//>
    <${Stops} of=${found?.probable_stops?.filter((one) => !one.decision) ?? []} again=${ask} />
    <${FollowUps} found=${later} problem=${late} ask=${again} status=${status} setStatus=${setStatus} />
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}><${Word} name="Number or user id" value=${to} set=${setTo} hint="everybody" /></form>
    <${Trouble} problem=${problem} again=${ask} />
    ${found?.state?.length ? html`<${Table} caption="What holds now" head=${["What", "State", "Until", "From"]}
      rows=${found.state.map((one) => [words(one.kind), words(one.state), html`<${Time} iso=${one.valid_until} />`, words(one.source)])} />` : null}
    <${Consents} of=${found?.consents ?? []} />
    <${Erase} again=${ask} />`;
}
