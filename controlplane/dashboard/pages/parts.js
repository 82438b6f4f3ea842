// What every page is made of.
import { html, useCallback, useEffect, useRef, useState } from "./vendor.js";
import { moment, timeOfDay, utc, words } from "./format.js";
import { get } from "./api.js";

export const Time = ({ iso, short }) => (iso
  ? html`<time datetime=${iso} title=${utc(iso)}>${short ? timeOfDay(iso) : moment(iso)}</time>`
  : html`<span>–</span>`);

/** What went wrong, in a sentence, and what may be done. */
export const Trouble = ({ problem, again }) => (problem ? html`
  <p class="trouble" role="alert">${problem.message}${problem.retryAt
    ? html` It may be tried again from <${Time} iso=${problem.retryAt} />.` : null}
    ${again ? html` <button type="button" onClick=${again}>Try again</button>` : null}</p>` : null);

export const Empty = ({ children }) => html`<p class="empty">${children}</p>`;
export const Badge = ({ of }) => html`<span class=${`badge ${of ?? ""}`}>${words(of)}</span>`;

/** A row of names and values; what is null is left out. */
export const Facts = ({ of }) => html`<dl class="facts">${Object.entries(of)
  .filter(([, value]) => value != null)
  .map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;

/** A field whose words count when it is left or Enter is pressed; what is being typed outlives what comes in. */
export function Word({ name, value, set, hint }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  return html`<label>${name}<input value=${text} placeholder=${hint} autocomplete="off"
    onInput=${(event) => setText(event.target.value)} onChange=${(event) => set(event.target.value.trim())} /></label>`;
}

/** A table that scrolls by itself, never the page. `rows` are lists of cells. */
export const Table = ({ caption, head, rows, quiet }) => html`
  <div class="scroll" tabindex="0" role="region" aria-label=${caption}><table>
    <caption class=${quiet ? "unseen" : ""}>${caption}</caption>
    <thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
    <tbody>${rows.map((cells, row) => html`<tr key=${row}>${cells.map((cell, column) => (column
      ? html`<td>${cell}</td>` : html`<th scope="row">${cell}</th>`))}</tr>`)}</tbody>
  </table></div>`;

/** The page's heading; takes the focus when somebody comes to the page, for who does not see it. */
export function Heading({ children, move }) {
  const here = useRef(null);
  useEffect(() => {
    document.title = `${here.current.textContent} · wacall`;
    if (move !== false && document.body.dataset.moved) here.current.focus({ preventScroll: true });
  }, []);
  return html`<h1 ref=${here} tabindex="-1">${children}</h1>`;
}

/** Ask for something: `[answer, problem, ask again]`; what was there stays until the next is. */
export function useAnswer(path, query) {
  const [answer, setAnswer] = useState(null);
  const [problem, setProblem] = useState(null);
  const newest = useRef(0);
  const key = path && JSON.stringify([path, query]);
  const ask = useCallback(async () => {
    if (!path) return;
    const mine = ++newest.current;
    try {
      const found = await get(path, query);
      if (mine !== newest.current) return;
      setAnswer(found);
      setProblem(null);
    } catch (error) {
      if (mine === newest.current) setProblem(error);
    }
  }, [key]);
  useEffect(() => { ask(); }, [ask]);
  return [answer, problem, ask];
}

/** Do something once at a time: `[act, busy, problem]`. */
export function useAct(work) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const act = async (...given) => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      await work(...given);
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  return [act, busy, problem, () => setProblem(null)];
}

/** Seconds since the page has it, once a second: for ages that grow. */
export function useTick() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
