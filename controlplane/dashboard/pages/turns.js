// How the call was: what each of the agent's turns took.
import { html } from "./vendor.js";
import { money, took } from "./format.js";
import { Empty, Table } from "./parts.js";
import { Chart } from "./chart.js";

export function Turns({ of }) {
  const turns = of ?? [];
  if (!turns.length) return html`<${Empty}>There is nothing about the agent's turns.<//>`;
  const column = (name) => turns.map((turn) => turn[name] ?? null);
  return html`<${Chart} name="Until the agent spoke, by turn" unit="s" x=${turns.map((turn, index) => turn.number ?? index + 1)}
      series=${[
        { name: "Answer", values: column("response_ms").map((ms) => ms == null ? null : ms / 1000) },
        { name: "Of it the model", values: column("model_ms").map((ms) => ms == null ? null : ms / 1000) },
      ]} />
    <details><summary>As a table</summary><${Table} quiet caption="The agent's turns"
      head=${["Turn", "Answer", "Model", "Stopped when spoken over", "Cost"]}
      rows=${turns.map((turn, index) => [turn.number ?? index + 1, took(turn.response_ms), took(turn.model_ms),
        took(turn.barge_in_ms), money(turn.cost_usd)])} /></details>`;
}
