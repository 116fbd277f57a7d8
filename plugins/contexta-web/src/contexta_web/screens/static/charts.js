// Charts: drawn by uPlot in the place of the drawing that the server made.

import { curvesOf, distinct, positive, smoothed } from "./curves.js";
import { bindForm, viewOf } from "./view.js";

const HEIGHT = 230;
const COLORS = 8;
const DASHES = [[], [7, 4], [2, 4], [9, 3, 2, 3]];

/** Draw every chart of the page, and let them be looked at together. */
export function startCharts() {
  const figures = [...document.querySelectorAll("figure[data-metric]")];
  if (!figures.length) return;
  const view = viewOf(location.search);
  const form = document.getElementById("view");
  const charts = figures.map((figure) => new Chart(figure, view, (start, end) => zoom(start, end)));
  const again = (other) => charts.forEach((chart) => (other ? chart.load() : chart.draw()));
  const zoom = form ? bindForm(form, view, again) : () => {};
  again(true);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => again(false));
  document.addEventListener("contexta:change", (event) => {
    const { what, run } = event.detail;
    if (what === "records") charts.filter((chart) => !run || chart.runs.includes(run)).forEach((chart) => chart.later());
  });
}

class Chart {
  constructor(figure, view, zoom) {
    this.figure = figure;
    this.view = view;
    this.zoom = zoom;
    this.metric = figure.dataset.metric;
    this.named = JSON.parse(figure.dataset.runs);
    this.runs = this.named.map(([run]) => run);
    this.curves = null;
    this.plot = null;
    this.asked = 0;
    this.place = document.createElement("div");
    this.place.className = "plot";
    let width = 0;
    new ResizeObserver(() => {
      if (!this.plot || Math.abs(this.width() - width) < 2) return;
      const grown = this.width() > width * 1.3;
      width = this.width();
      if (grown) this.load();
      else this.plot.setSize({ width, height: HEIGHT });
    }).observe(figure);
    this.drawnAt = (at) => (width = at);
  }

  width() {
    return Math.max(200, Math.floor(this.figure.clientWidth));
  }

  /** Ask for the points of the part that is shown; an answer that came too late is not looked at. */
  async load() {
    const number = ++this.asked;
    const begin = performance.now();
    let curves;
    try {
      curves = await curvesOf(this.metric, this.runs, this.view, this.width());
    } catch {
      // The server's own drawing stays, or the last one.
      return;
    }
    if (number !== this.asked) return;
    this.curves = curves;
    this.draw();
    this.figure.dataset.drawn = Math.round(performance.now() - begin);
    this.figure.dispatchEvent(new CustomEvent("contexta:drawn", { bubbles: true }));
  }

  /** Load again in a moment, once for all that happens until then. */
  later() {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.load();
    }, 150);
  }

  draw() {
    if (!this.curves) return;
    const [series, tables] = this.lines();
    const data = tables.length > 1 ? uPlot.join(tables.map(([places, values]) => [distinct(places), values])) : (tables[0] ?? [[]]);
    const look = JSON.stringify([series, this.view.axis, this.view.log]);
    if (this.plot && look === this.look) {
      // Only the points changed: the cursor stays where it is.
      this.plot.setData(data);
      return;
    }
    this.look = look;
    this.plot?.destroy();
    for (const drawn of this.figure.querySelectorAll(":scope > svg, :scope > .legend")) drawn.remove();
    if (!this.place.isConnected) this.figure.append(this.place);
    this.drawnAt(this.width());
    this.plot = new uPlot(this.options(series), data, this.place);
    this.plot.root.setAttribute("role", "img");
    this.plot.root.setAttribute("aria-label", `${this.metric}, ${this.named.map(([, name]) => name).join(", ")}`);
  }

  /** Return the lines to draw and their points: the smoothed curve over the pale one that was measured. */
  lines() {
    const series = [];
    const tables = [];
    this.curves.forEach((curve, number) => {
      if (!curve.places.length) return;
      const values = this.view.log ? positive(curve.values) : curve.values;
      const color = variable(`--color-${(number % COLORS) + 1}`);
      const line = { label: this.named[number][1], stroke: color, width: 1.6, dash: DASHES[number % DASHES.length] };
      line.value = (_, value) => (value == null ? "–" : Number(value.toPrecision(5)));
      if (this.view.smooth > 0) {
        series.push({ ...line, class: "pale", width: 1, alpha: 0.35, points: { show: false } });
        tables.push([curve.places, values]);
        series.push({ ...line, points: { show: false } });
        tables.push([curve.places, smoothed(values, this.view.smooth)]);
      } else {
        series.push({ ...line, points: { show: curve.places.length < 40, size: 5 } });
        tables.push([curve.places, values]);
      }
    });
    return [series, tables];
  }

  options(series) {
    const axis = { stroke: variable("--faint"), grid: { stroke: variable("--line"), width: 1 }, ticks: { show: false } };
    axis.font = "11px system-ui, sans-serif";
    const place = { step: "step", time: "time", relative: "s" }[this.view.axis];
    return {
      width: this.width(),
      height: HEIGHT,
      padding: [8, 8, 0, 0],
      cursor: {
        sync: { key: "contexta" },
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => () => this.zoom(null, null) },
      },
      legend: { show: true },
      scales: { x: { time: this.view.axis === "time" }, y: { distr: this.view.log ? 3 : 1 } },
      axes: [{ ...axis, size: 34 }, { ...axis, size: 58, values: (_, marks) => marks.map(short) }],
      series: [{ label: place }, ...series],
      hooks: { setSelect: [(plot) => this.select(plot)] },
    };
  }

  /** Look closer at what was marked. */
  select(plot) {
    const { left, width } = plot.select;
    if (width < 4) return;
    const [start, end] = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    const factor = this.view.axis === "time" ? 1000 : 1;
    const round = (value) => (this.view.axis === "relative" ? Number(value.toPrecision(6)) : Math.round(value * factor));
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.zoom(round(start), round(end));
  }
}

function variable(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function short(value) {
  if (value === null) return "";
  const size = Math.abs(value);
  return size && (size >= 1e6 || size < 1e-4) ? value.toExponential(1) : String(Number(value.toPrecision(6)));
}
