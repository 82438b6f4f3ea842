// The calls of all phones: how each went, what was said where somebody reads sentences, its timings.

import {button, fill, make, post, put} from "./dom.js";
import {steps} from "./waterfall.js";

const WHO = {user: "the phone", business: "the business", meta: "WhatsApp"};

const ended = ({by, duration_s: seconds, error_code: code}) =>
  `ended by ${WHO[by] ?? by}` + (seconds === null ? ", unanswered" : ` after ${seconds} s`) +
  (code === null ? "" : `, with Meta's code ${code}`);

const build = (at, one, own) => {
  const parts = {
    title: make("h3"), talk: make("ol", {className: "talk"}),
    broken: make("ul", {className: "broken"}), controls: make("div"),
    ringing: make("div", {className: "row"}), steps: make("ol", {className: "steps"}),
  };
  const words = make("input", {ariaLabel: "say", placeholder: "say something"});
  const say = make("form", {className: "row"}, words, make("button", {textContent: "Say"}));
  say.onsubmit = async (event) => {
    event.preventDefault();
    if (words.value.trim() && await post(at + "/say", {say: words.value})) words.value = "";
  };
  const keys = make("div", {className: "keys"});
  for (const key of "123456789*0#") {
    keys.append(button(key, () => post(at + "/keys", {keys: key})));
  }
  parts.controls.append(say, make("details", {}, make("summary", {textContent: "keys"}), keys),
    button("Hang up", () => post(at + "/hangup")));
  parts.ringing.append(
    button("Pick up", () => post(at + "/pick-up")), button("Reject", () => post(at + "/reject")));
  own.append(parts.title, parts.talk, parts.ringing, parts.controls, parts.broken, parts.steps);
  return parts;
};

export const showCall = (holder, path, one, who) => {
  const at = `${path}/${one.number}`;
  let own = holder.querySelector(`[data-key="${at}"]`);
  if (!own) {
    own = make("article");
    own.dataset.key = at;
    own.parts = build(at, one, own);
    holder.prepend(own);
  }
  const {title, talk, broken, controls, ringing, steps: list} = own.parts;
  const over = one.end !== null;
  put(title, `${who}: ${over ? ended(one.end) : one.state}`);
  fill(talk, JSON.stringify(one.talk), () => one.talk.map((line) => make("li", {
    className: line.speaker,
    textContent: (line.speaker === "user" ? "you: " : "heard: ") + line.text})));
  fill(broken, JSON.stringify(one.violations), () => one.violations.map((item) => make("li", {
    textContent: `A rule of Meta's was broken: ${item.what} (${item.rule}).`})));
  // who has a microphone has the buttons of the phone
  controls.hidden = one.microphone || over || one.state !== "accepted";
  ringing.hidden = one.microphone || over || path !== "outbound" || one.state !== "ringing";
  const timings = one.ms_since_webhook ?? one.ms_since_offer;
  fill(list, JSON.stringify(timings), () => steps(timings, make));
};
