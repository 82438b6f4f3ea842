// The steps of a call in their order, each with a bar where it lay and how long it took.
import { html } from "./vendor.js";
import { took, words } from "./format.js";
import { Empty } from "./parts.js";

/** The steps; of a control plane that tells none, the events of its timeline. Pure. */
export function stepsOf(call) {
  if (call.steps) return call.steps;
  const began = Date.parse(call.created_at);
  return (call.timeline ?? []).map((event) => ({
    at_ms: Math.max(0, Date.parse(event.at) - began), took_ms: null, who: event.source, what: words(event.kind),
    detail: event.outcome ? words(event.outcome) : null, slow: false, fault: null,
  }));
}

/** Where the bar of a step begins and how wide it is, in parts of the whole. Pure. */
export function place(step, whole) {
  const left = Math.min(1, step.at_ms / whole);
  return { left, width: Math.max(0.004, Math.min(1 - left, (step.took_ms ?? 0) / whole)) };
}

function Step({ step, whole }) {
  const { left, width } = place(step, whole);
  const fault = step.fault && step.fault !== true ? `, fault of ${words(step.fault)}` : step.fault ? ", fault" : "";
  return html`<li class=${`step ${step.slow ? "slow" : ""} ${step.fault ? "fault" : ""}`}>
    <span class="at">${took(step.at_ms)}</span>
    <span class="actor">${words(step.who)}</span>
    <span class="what">${step.what}${step.detail ? html` <span class="detail">${typeof step.detail === "string"
      ? step.detail : JSON.stringify(step.detail)}</span>` : null}
      ${step.slow ? html`<strong> slow</strong>` : null}${fault ? html`<strong>${fault}</strong>` : null}</span>
    <span class="track" aria-hidden="true"><span class="span" style=${{
      left: `${left * 100}%`, width: `${width * 100}%` }}></span></span>
    <span class="took">${step.took_ms == null ? "" : took(step.took_ms)}</span></li>`;
}

export function Waterfall({ call }) {
  const steps = stepsOf(call);
  if (!steps.length) return html`<${Empty}>Nothing is written down of this call.<//>`;
  const whole = Math.max(1, ...steps.map((step) => step.at_ms + (step.took_ms ?? 0)));
  return html`<ol class="waterfall">${steps.map((step, number) => html`
    <${Step} key=${number} step=${step} whole=${whole} />`)}</ol>`;
}
