// What happens now, without a reload: one EventSource for the whole page. Pure listeners: `now` (the
// whole list of live calls), `call` (something about one changed), `state` of the connection.
import { useEffect, useState } from "./vendor.js";
import { polled } from "./polled.js";

const RETRY_MS = 5000;
const listeners = { now: new Set(), call: new Set(), state: new Set() };
let source = null;
let again = null;
let calls = null;
let state = "connecting";
let heardAt = 0;

const tell = (kind, value) => listeners[kind].forEach((listener) => listener(value));

function become(next) {
  if (next === state) return;
  state = next;
  tell("state", state);
}

function hear(found) {
  heardAt = Date.now();
  calls = found;
  tell("now", calls);
}

/** Begin to listen; harmless when repeated. */
export function connect() {
  if (source) return;
  clearTimeout(again);
  source = new EventSource("/dashboard/api/events");
  source.onopen = () => become("live");
  source.onerror = () => {
    if (state !== "polled") become("reconnecting");
    // closed for good (a status, not a lost line): the browser does not try again by itself
    if (source?.readyState === EventSource.CLOSED) {
      source = null;
      again = setTimeout(connect, RETRY_MS);
      polled().then((found) => {
        if (!again) return;
        become("polled");
        hear(found);
      }, () => become("reconnecting"));
    }
  };
  source.addEventListener("now", (event) => {
    become("live");
    hear(JSON.parse(event.data).calls);
  });
  source.addEventListener("call", (event) => tell("call", JSON.parse(event.data).call_id));
}

export function disconnect() {
  clearTimeout(again);
  again = null;
  source?.close();
  source = null;
  calls = null;
  become("connecting");
}

function listen(kind, listener) {
  listeners[kind].add(listener);
  return () => listeners[kind].delete(listener);
}

/** The live calls, or null until they are known; and when they came (ms of this browser's clock). */
export function useNow() {
  const [seen, setSeen] = useState({ calls, at: heardAt });
  useEffect(() => {
    setSeen({ calls, at: heardAt });
    return listen("now", (list) => setSeen({ calls: list, at: heardAt }));
  }, []);
  return seen;
}

/** `connecting`, `live`, `polled` (there is no stream: asked now and then) or `reconnecting`. */
export function useConnection() {
  const [seen, setSeen] = useState(state);
  useEffect(() => {
    setSeen(state);
    return listen("state", setSeen);
  }, []);
  return seen;
}

/** Call `act(call_id)` when something about a call changed. */
export function useChanges(act) {
  useEffect(() => listen("call", act), [act]);
}
