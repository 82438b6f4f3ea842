// From the rows of a view (day, profile, direction, status, reason, n ...) to what a chart shows. Pure.
import { words } from "./format.js";

const FAILED = new Set(["failed"]);
const MOST_LINES = 5;

const add = (one, other) => (other == null ? one : (one ?? 0) + Number(other));
const named = (row) => words(row.outcome ?? row.status ?? "unknown");

/** Days in order, one series per outcome (the most frequent; the rest as one), and the totals. */
export function byDay(rows) {
  const days = [...new Set(rows.map((row) => row.day))].sort();
  const counts = new Map();
  const total = { n: 0, answered: 0, barge_ins: null, cost_usd: null, meta_cost_usd: null };
  for (const row of rows) {
    const name = named(row);
    if (!counts.has(name)) counts.set(name, new Map());
    counts.get(name).set(row.day, (counts.get(name).get(row.day) ?? 0) + Number(row.n));
    for (const key of Object.keys(total)) total[key] = add(total[key], row[key]);
  }
  const sum = ([, per]) => [...per.values()].reduce((one, other) => one + other, 0);
  const ranked = [...counts].sort((one, other) => sum(other) - sum(one));
  const few = ranked.length <= MOST_LINES ? ranked : ranked.slice(0, MOST_LINES - 1);
  const series = few.map(([name, per]) => ({ name, values: days.map((day) => per.get(day) ?? 0) }));
  const rest = ranked.slice(few.length);
  if (rest.length) {
    series.push({ name: "other", values: days.map((day) => rest.reduce((all, [, per]) => all + (per.get(day) ?? 0), 0)) });
  }
  return { days, series, total };
}

/** Set-up and answers in seconds by day; of several rows of a day the worst counts. */
export function latencies(rows) {
  const days = [...new Set(rows.map((row) => row.day))].sort();
  const worst = (key) => days.map((day) => {
    const known = rows.filter((row) => row.day === day && row[key] != null).map((row) => Number(row[key]) / 1000);
    return known.length ? Math.max(...known) : null;
  });
  return [
    { name: "Set-up, half", values: worst("setup_p50_ms") }, { name: "Set-up, 95 %", values: worst("setup_p95_ms") },
    { name: "Answer, half", values: worst("turn_p50_ms") }, { name: "Answer, 95 %", values: worst("turn_p95_ms") },
  ];
}

/** `[reason, calls]` of what failed, most frequent first. */
export function failures(rows) {
  const counts = new Map();
  for (const row of rows.filter((one) => FAILED.has(one.status))) {
    const reason = row.reason ?? row.end_reason ?? "unknown";
    counts.set(reason, (counts.get(reason) ?? 0) + Number(row.n));
  }
  return [...counts].sort((one, other) => other[1] - one[1]);
}
