// The chat of your phone's person, and the people who play by themselves.

import {button, byId, fill, make, post, put} from "./dom.js";

const choices = (person) => [
  button("Allow calls", () => post(`people/${person}/reply`, {accept: true})),
  button("Always allow", () => post(`people/${person}/reply`, {accept: true, permanent: true})),
  button("Don't allow", () => post(`people/${person}/reply`, {accept: false})),
];

export const showChat = (list, one) => {
  fill(list, JSON.stringify([one.number, one.chat]), () => one.chat.map((line) => {
    const item = make("li", {className: line.from, textContent: line.text});
    if (line.is_open) item.append(make("div", {className: "row"}, ...choices(one.number)));
    return item;
  }));
};

export const writeFrom = async (person, field) => {
  if (field.value.trim() && await post(`people/${person}/text`, {text: field.value})) {
    field.value = "";
  }
};

export const showPerson = (holder, one) => {
  let own = holder.querySelector(`[data-key="${one.number}"]`);
  if (!own) {
    own = make("article");
    own.dataset.key = one.number;
    const title = make("p"), chat = make("ol", {className: "talk"});
    const words = make("input", {ariaLabel: "write", placeholder: "write to the business"});
    const write = make("form", {className: "row"}, words, make("button", {textContent: "Send"}));
    write.onsubmit = (event) => {
      event.preventDefault();
      writeFrom(one.number, words);
    };
    own.append(title, chat, write);
    own.parts = {title, chat};
    holder.prepend(own);
  }
  put(own.parts.title, `+${one.phone}, permission: ${one.permission.replace("_", " ")}`);
  showChat(own.parts.chat, one);
};

// numbers from 555-0100 to 555-0199 are nobody's; a new one, for a do-not-call entry stays
const random = (below) => Math.floor(Math.random() * below);
export const newNumber = () =>
  `1${200 + random(800)}55501${String(random(100)).padStart(2, "0")}`;

export const prepareOthers = () => {
  byId("phone").value = newNumber();
  byId("ring").onsubmit = (event) => {
    event.preventDefault();
    const say = byId("say").value.split("\n").filter((line) => line.trim());
    post("calls", {say, stays: !byId("hangs-up").checked});
  };
  byId("add").onsubmit = (event) => {
    event.preventDefault();
    post("people", {phone: byId("phone").value, permission: byId("permission").value,
      reaction: byId("reaction").value});
  };
};
