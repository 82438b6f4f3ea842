// How calls go: outcomes over time, how long people wait, the answer rate, barge-ins, failures.
import { html, useState } from "./vendor.js";
import { byDay, failures, latencies } from "./sums.js";
import { count, money, percent, took, words } from "./format.js";
import { Chart } from "./chart.js";
import { Empty, Facts, Heading, Table, Trouble, useAnswer } from "./parts.js";

const Days = ({ value, set }) => html`<form class="filters" onSubmit=${(event) => event.preventDefault()}>
  <label>Time<select value=${value} onChange=${(event) => set(event.target.value)}>
    ${[["7", "a week"], ["30", "30 days"], ["90", "90 days"]].map(([days, name]) => html`<option value=${days}>${name}</option>`)}
  </select></label></form>`;

/** How near the line is to where Meta hides the call button. */
function AnswerRate({ of }) {
  if (of?.rate == null) return html`<${Empty}>Too few calls have come in to tell an answer rate.<//>`;
  const limit = of.limit;
  const words_ = of.sentence ?? (limit == null
    ? `${percent(of.rate)} of the last ${count(of.calls)} incoming calls were answered.`
    : of.rate < limit
      ? `${percent(of.rate)} of incoming calls were answered: below ${percent(limit)}, where Meta hides the call button.`
      : `${percent(of.rate)} of incoming calls were answered, ${percent(of.rate - limit)} above where Meta hides the call button.`);
  return html`<p>${words_}</p><div class="bar wide" role="meter" aria-label="Answer rate" aria-valuemin="0"
    aria-valuemax="100" aria-valuenow=${Math.round(of.rate * 100)}>
    <div class="fill" style=${{ transform: `scaleX(${of.rate})` }}></div>
    ${limit == null ? null : html`<div class="limit" style=${{ left: `${limit * 100}%` }}></div>`}</div>`;
}

function Shown({ found }) {
  const rows = found.days ?? found.outcomes ?? [];
  if (!rows.length) return html`<${Empty}>There was no call in this time.<//>`;
  const { days, series, total } = byDay(rows);
  const slow = latencies(rows);
  const bad = failures(rows);
  return html`
    <${Facts} of=${{ Calls: count(total.n), Answered: count(total.answered), "Spoken over": count(total.barge_ins),
      "Cost of the model": total.cost_usd == null ? null : money(total.cost_usd),
      "Cost at Meta": total.meta_cost_usd == null ? null : money(total.meta_cost_usd) }} />
    <section><h2>Answer rate</h2><${AnswerRate} of=${found.answer_rate} /></section>
    <section><h2>Outcomes</h2><${Chart} name="Calls by outcome and day" x=${days} series=${series} bars=${days.length < 3} />
      <details><summary>As a table</summary><${Table} quiet caption="Calls by outcome and day"
        head=${["Day", ...series.map((one) => one.name)]}
        rows=${days.map((day, index) => [day, ...series.map((one) => count(one.values[index]))])} /></details></section>
    <section><h2>How long people wait</h2>
      <${Chart} name="Set-up and answers, by day" unit="s" x=${days} series=${slow} />
      <details><summary>As a table</summary><${Table} quiet caption="Set-up and answers, by day"
        head=${["Day", ...slow.map((one) => one.name)]}
        rows=${days.map((day, index) => [day, ...slow.map((one) => took(one.values[index] == null ? null
          : one.values[index] * 1000))])} /></details></section>
    <section><h2>Failures</h2>${bad.length ? html`<${Table} quiet caption="Failures by reason" head=${["Reason", "Calls", "Share"]}
      rows=${bad.map(([reason, n]) => [html`<a href=${`#/calls?reason=${encodeURIComponent(reason)}`}>${words(reason)}</a>`, count(n), percent(n / total.n)])} />`
      : html`<${Empty}>No call failed.<//>`}</section>`;
}

export function Outcomes() {
  const [days, setDays] = useState("30");
  const [found, problem, ask] = useAnswer("/dashboard/api/outcomes", { days });
  return html`<${Heading}>Outcomes<//><${Days} value=${days} set=${setDays} />
    <${Trouble} problem=${problem} again=${ask} />
    ${found ? html`<${Shown} found=${found} />` : problem ? null : html`<${Empty}>Counting …<//>`}`;
}
