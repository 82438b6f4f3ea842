// Asks the control plane. Every failure becomes a Problem whose message is a sentence for people.

const SILENT = "The control plane does not answer. Is it running, and can this browser reach it?";
let csrf = "";
const leavers = new Set();

export class Problem extends Error {
  /** status 0: nobody answered. retryAt: ISO time when the same may succeed, or null. */
  constructor(status, code, message, retryAt = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAt = retryAt;
  }
}

/** Be told when the session has ended; returns how to stop. */
export function onSignedOut(listener) {
  leavers.add(listener);
  return () => leavers.delete(listener);
}

async function send(method, path, body, headers = {}) {
  const given = { ...headers, Accept: "application/json" };
  if (method !== "GET") given["X-CSRF-Token"] = csrf;
  if (body !== undefined) given["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method, headers: given, credentials: "same-origin", cache: "no-store",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Problem(0, "unreachable", SILENT);
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const error = answer.error ?? {};
  if (response.status === 401) leavers.forEach((listener) => listener());
  if (response.status === 404 && (error.code ?? "not-found") === "not-found") {
    throw new Problem(404, "not-found", "This control plane has no such route. Is it of an earlier release?");
  }
  throw new Problem(
    response.status, error.code ?? "unknown",
    error.message ?? `The control plane answered with status ${response.status}.`, error.retry_at ?? null,
  );
}

const asked = (path, query) => {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== "" && value != null);
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
};

export const get = (path, query) => send("GET", asked(path, query));
export const post = (path, body = {}, headers = {}) => send("POST", path, body, headers);

/** Whether this browser is signed in; keeps the token that unsafe requests carry. */
export async function session() {
  const found = await get("/dashboard/api/session");
  if (found.signed_in === false) return false;
  csrf = found.csrf_token ?? found.csrf ?? "";
  return true;
}

/** Sign in with the operators' key. */
export async function signIn(token) {
  const found = await post("/dashboard/api/session", { token });
  csrf = found.csrf_token ?? found.csrf ?? csrf;
  if (!csrf) await session();
}

export async function signOut() {
  await send("DELETE", "/dashboard/api/session");
  csrf = "";
}
