// What every part of the page does with elements, and how it asks the simulator for something.

export const SILENT = "The simulator does not answer; it may have been stopped.";

export const byId = (id) => document.getElementById(id);

export const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

export const button = (text, act) =>
  make("button", {type: "button", textContent: text, onclick: act});

// only what changes is touched: nobody loses the focus, and screen readers say it once
export const put = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

// a list is made anew only if it would look different
export const fill = (element, key, build) => {
  if (element.dataset.shown === key) return;
  element.dataset.shown = key;
  element.replaceChildren(...build());
};

export const complain = (text) => put(byId("error"), text);

export const get = async (path) => (await fetch("/sim/" + path)).json();

// Post an order; the sentence of a refusal is shown. Tells whether it was taken.
export const post = async (path, wish = {}) => {
  let answer;
  try {
    answer = await fetch("/sim/" + path, {method: "POST", body: JSON.stringify(wish)});
  } catch {
    complain(SILENT);
    return false;
  }
  let problem = "";
  if (!answer.ok) {
    const text = await answer.text();
    try { problem = JSON.parse(text).error ?? text; } catch { problem = text; }
  }
  complain(problem);
  return answer.ok;
};
