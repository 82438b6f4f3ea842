// A chart of uPlot's that has the page's colours and width, with a sentence for who does not see it.
import { html, uPlot, useEffect, useRef, useState } from "./vendor.js";
import { Trouble } from "./parts.js";

const HEIGHT = 220;
// the database's days are UTC's
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options({ width, isTime, isBars, series, unit }, Plot) {
  const axis = { stroke: colour("--ink"), grid: { stroke: colour("--edge") }, ticks: { stroke: colour("--edge") } };
  return {
    width, height: HEIGHT, legend: { show: true },
    cursor: { drag: { x: false, y: false } },
    tzDate: (seconds) => Plot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    scales: { x: { time: isTime }, y: { range: (_, low, high) => [0, Math.max(high || 0, 1)] } },
    axes: [isTime ? { ...axis, space: 70, values: (_, ticks) => ticks.map((tick) => DAY.format(new Date(tick * 1000))) } : axis, { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => `${tick}${unit ? ` ${unit}` : ""}`) }],
    series: [{}, ...series.map((one, index) => ({
      label: one.name, stroke: colour(`--line-${index % 5}`), width: 2, points: { show: true, size: 6 },
      fill: isBars ? colour(`--line-${index % 5}`) : undefined,
      paths: isBars ? Plot.paths.bars({ size: [0.6, 60] }) : undefined,
    }))],
  };
}

/** `x`: numbers, or days as ISO dates; `series`: `[{name, values}]`, of the same length. */
export function Chart({ name, x, series, unit = "", bars = false }) {
  const place = useRef(null);
  const [problem, setProblem] = useState(null);
  const isTime = typeof x[0] === "string";
  const key = JSON.stringify([x, series]);
  useEffect(() => {
    let plot = null;
    let isGone = false;
    let widths = null;
    const draw = async () => {
      const Plot = await uPlot();
      if (isGone) return;
      const width = place.current.clientWidth;
      const data = [isTime ? x.map((day) => Date.parse(day) / 1000) : x, ...series.map((one) => one.values)];
      plot?.destroy();
      plot = new Plot(options({ width, isTime, isBars: bars, series, unit }, Plot), data, place.current);
    };
    const redraw = () => draw().catch(setProblem);
    redraw();
    widths = new ResizeObserver(() => plot?.setSize({ width: place.current.clientWidth, height: HEIGHT }));
    widths.observe(place.current);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", redraw);
    return () => {
      isGone = true;
      widths.disconnect();
      dark.removeEventListener("change", redraw);
      plot?.destroy();
    };
  }, [key]);
  const last = series.map((one) => `${one.name} ${one.values.findLast((value) => value != null) ?? "not known"}`).join(", ");
  return html`<figure><figcaption>${name}</figcaption>
    <div class="chart" ref=${place} role="img" aria-label=${`${name}. Last: ${last}. The table has all values.`}></div>
    <${Trouble} problem=${problem} /></figure>`;
}
