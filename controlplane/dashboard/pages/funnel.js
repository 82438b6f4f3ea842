// From calls to customers, by week and profile.
import { html, useState } from "./vendor.js";
import { count, percent } from "./format.js";
import { Empty, Heading, Table, Trouble, useAnswer } from "./parts.js";

const STAGES = [
  ["calls", "Calls"], ["answered", "Answered"], ["qualified", "Qualified"], ["follow_up", "Follow-up"], ["won", "Won"],
];

/** The sum of each stage over the rows. Pure. */
export const sums = (rows) => STAGES.map(([key, name]) => [name, rows.reduce((all, row) => all + Number(row[key] ?? 0), 0)]);

function Shown({ rows }) {
  const [profile, setProfile] = useState("");
  const profiles = [...new Set(rows.map((row) => row.profile ?? ""))].filter(Boolean).sort();
  const chosen = profile ? rows.filter((row) => row.profile === profile) : rows;
  const stages = sums(chosen);
  const most = Math.max(1, stages[0][1]);
  return html`
    <form class="filters" onSubmit=${(event) => event.preventDefault()}><label>Profile<select value=${profile}
      onChange=${(event) => setProfile(event.target.value)}><option value="">all</option>
      ${profiles.map((one) => html`<option key=${one} value=${one}>${one}</option>`)}</select></label></form>
    <ol class="funnel">${stages.map(([name, n]) => html`<li key=${name}><span>${name}</span>
      <span class="bar wide" aria-hidden="true"><span class="fill" style=${{ transform: `scaleX(${Math.min(1, n / most)})` }}></span></span>
      <span>${count(n)}, ${percent(n / most)}</span></li>`)}</ol>
    <${Table} caption="By week and profile" head=${["Week", "Profile", ...STAGES.map(([, name]) => name)]}
      rows=${chosen.map((row) => [row.week, row.profile ?? "–", ...STAGES.map(([key]) => count(row[key]))])} />`;
}

export function Funnel() {
  const [found, problem, ask] = useAnswer("/dashboard/api/funnel", { weeks: 12 });
  const rows = found?.weeks ?? found?.funnel ?? [];
  return html`<${Heading}>Leads<//><${Trouble} problem=${problem} again=${ask} />
    ${rows.length ? html`<${Shown} rows=${rows} />` : problem ? null
      : html`<${Empty}>${found ? "There was no call in the last twelve weeks." : "Counting …"}<//>`}`;
}
