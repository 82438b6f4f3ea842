// A call's timings: each step with its time, and a bar for how long it took since the one before.

const STEPS = {
  webhook_sent: "WhatsApp tells the business of the call",
  webhook_acknowledged: "the business has taken the webhook",
  pre_accept: "the business sends pre_accept",
  pre_accept_answered: "WhatsApp has answered pre_accept",
  accept: "the business accepts",
  accept_answered: "WhatsApp has answered accept",
  offer_received: "the business calls",
  response_sent: "WhatsApp has answered the request",
  answer_sent: "WhatsApp sends the phone's answer",
  answer_acknowledged: "the business has taken the answer",
  ringing: "the phone rings",
  picked_up: "the phone is picked up",
  rejected: "the call is declined",
  ice_up: "the way for sound is found (ICE)",
  dtls_up: "the sound's keys are agreed (DTLS)",
  first_rtp: "the first packet of the business arrives",
  first_audible: "the business is heard",
  ended: "the call is over",
};
const time = (ms) => ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

// `timings` by name, milliseconds from the call's beginning, in order
export const steps = (timings, make) => {
  const names = Object.keys(timings);
  const whole = Math.max(1, ...names.filter((name) => name !== "ended").map((name) => timings[name]));
  let before = 0;
  return names.map((name) => {
    const at = timings[name], from = Math.min(before, at);
    before = at;
    const bar = make("div");
    // what the talk takes would make all that went before invisible
    const shown = (ms) => 100 * Math.min(1, ms / whole);
    bar.style.marginInlineStart = `${shown(from)}%`;
    bar.style.width = `${shown(at) - shown(from)}%`;
    return make("li", {},
      make("span", {textContent: STEPS[name] ?? name.replaceAll("_", " ")}),
      make("span", {className: "time", textContent: time(at)}),
      make("div", {className: "bar"}, bar));
  });
};
