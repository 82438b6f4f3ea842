// How well the sound of both sides came in: jitter, and packets that never came, over the call.
import { html } from "./vendor.js";
import { count, span } from "./format.js";
import { Empty, Table } from "./parts.js";
import { Chart } from "./chart.js";

const jitter = (ms) => (ms == null ? "–" : `${ms} ms`);
// what is counted since the beginning, as what was lost from point to point
const between = (values) => values.map((value, index) => (
  value == null ? null : Math.max(0, value - (values[index - 1] ?? 0))));

export function Quality({ of }) {
  const points = of ?? [];
  if (!points.length) {
    return html`<${Empty}>Nothing is known of how the sound came in: it is written down every ten seconds, of what a media bridge carries.<//>`;
  }
  const column = (name) => points.map((point) => point[name] ?? null);
  const x = points.map((point) => Math.round(point.at_ms / 1000));
  return html`<${Chart} name="Jitter, by second of the call" unit="ms" x=${x} series=${[
      { name: "Caller", values: column("caller_jitter_ms") }, { name: "Agent", values: column("agent_jitter_ms") }]} />
    <${Chart} name="Packets lost since the last point" x=${x} series=${[
      { name: "Caller", values: between(column("caller_lost")) }, { name: "Agent", values: between(column("agent_lost")) }]} />
    <details><summary>As a table</summary><${Table} quiet caption="How the sound came in"
      head=${["At", "Caller: lost in all", "Caller: jitter", "Agent: lost in all", "Agent: jitter"]}
      rows=${points.map((point) => [span(point.at_ms / 1000), count(point.caller_lost), jitter(point.caller_jitter_ms),
        count(point.agent_lost), jitter(point.agent_jitter_ms)])} /></details>`;
}
