// How times, durations, money and words of the database are written. Pure.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const dollars = new Intl.NumberFormat(undefined, { style: "currency", currency: "USD", maximumFractionDigits: 3 });
const share = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 0 });

/** ISO time in the viewer's zone. */
export const moment = (iso) => (iso ? day.format(new Date(iso)) : "–");
export const timeOfDay = (iso) => (iso ? clock.format(new Date(iso)) : "–");
/** The same in UTC, for the title. */
export const utc = (iso) => (iso ? `${new Date(iso).toISOString().replace("T", " ").slice(0, 19)} UTC` : "");

export const money = (usd) => (usd == null ? "–" : dollars.format(Number(usd)));
export const percent = (part) => (part == null ? "–" : share.format(part));
export const count = (number) => (number == null ? "–" : Number(number).toLocaleString());

/** Seconds as 1:05 or 1:02:05. */
export function span(seconds) {
  if (seconds == null) return "–";
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Milliseconds as 340 ms, 2.4 s or 1:05. */
export function took(ms) {
  if (ms == null) return "–";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : span(ms / 1000);
}

/** `no_answer`, `caller-hangup` as words. */
export const words = (slug) => (slug ? String(slug).replaceAll(/[_-]/g, " ") : "–");

/** A text of somebody else's without what turns around the words beside it (Unicode's bidi controls). */
export const plain = (text) => (text == null ? text : String(text).replaceAll(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, ""));

/** Who is at the other end: name and number as far as they are known. */
export function whom(caller) {
  const known = [plain(caller?.name), caller?.phone && `+${String(caller.phone).replace(/^\+/, "")}`].filter(Boolean);
  return known.join(", ") || caller?.user_id || "somebody";
}
