// Runs against what they were made with and what came of it: parallel coordinates, and one value against another.

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, TOP, BOTTOM, SIDE] = [960, 300, 34, 24, 64];
const FIRST_AXES = 8;

export function startPlots() {
  const place = document.getElementById("plots");
  if (!place) return;
  const table = JSON.parse(place.dataset.table);
  if (table.columns.length < 2) return;
  place.hidden = false;
  const query = new URLSearchParams(location.search);
  const names = table.columns.map((column) => column.name);
  const asked = query.getAll("along").filter((name) => names.includes(name));
  const state = {
    along: asked.length > 1 ? asked : names.slice(-FIRST_AXES),
    across: names.includes(query.get("x")) ? query.get("x") : names[0],
    up: names.includes(query.get("y")) ? query.get("y") : names.at(-1),
  };
  const draw = () => {
    const columns = table.columns.filter((column) => state.along.includes(column.name));
    place.querySelector("[data-parallel]").replaceChildren(parallel(columns, table.runs));
    const find = (name) => table.columns.find((column) => column.name === name);
    place.querySelector("[data-scatter]").replaceChildren(scatter(find(state.across), find(state.up), table.runs));
  };
  choices(place, names, state, () => {
    keep(state);
    draw();
  });
  draw();
}

function keep(state) {
  const address = new URL(location.href);
  address.searchParams.delete("along");
  for (const name of state.along) address.searchParams.append("along", name);
  address.searchParams.set("x", state.across);
  address.searchParams.set("y", state.up);
  history.replaceState(null, "", address);
}

function choices(place, names, state, changed) {
  const boxes = place.querySelector("[data-along]");
  for (const name of names) {
    const label = document.createElement("label");
    label.className = "choice";
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: state.along.includes(name) });
    box.addEventListener("change", () => {
      const chosen = names.filter((each) => (each === name ? box.checked : state.along.includes(each)));
      if (chosen.length < 2) {
        box.checked = true;
        return;
      }
      state.along = chosen;
      changed();
    });
    label.append(box, ` ${name}`);
    boxes.append(label);
  }
  for (const field of ["across", "up"]) {
    const select = place.querySelector(`[data-choose="${field}"]`);
    for (const name of names) select.append(new Option(name, name, false, name === state[field]));
    select.addEventListener("change", () => {
      state[field] = select.value;
      changed();
    });
  }
}

/** Return where values lie between 0 and 1, and what stands at the ends; words lie in their order. */
function scale(column) {
  const numbers = column.values.filter((value) => typeof value === "number");
  const present = column.values.filter((value) => value !== null);
  if (numbers.length === present.length && numbers.length) {
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const at = (value) => (value === null ? null : high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.5);
    return { at, marks: high > low ? [[0, text(low)], [1, text(high)]] : [[0.5, text(low)]] };
  }
  const words = [...new Set(present.map(String))].sort();
  const at = (value) => (value === null ? null : words.length > 1 ? words.indexOf(String(value)) / (words.length - 1) : 0.5);
  return { at, marks: words.length <= 8 ? words.map((word) => [at(word), word]) : [] };
}

function parallel(columns, runs) {
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart wide", role: "img", "aria-label": "Parallel coordinates" });
  const x = (number) => SIDE + (number * (WIDTH - 2 * SIDE)) / (columns.length - 1);
  const y = (share) => HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
  const scales = columns.map(scale);
  columns.forEach((column, number) => {
    drawing.append(svg("line", { class: "grid", x1: x(number), x2: x(number), y1: y(0), y2: y(1) }));
    drawing.append(svg("text", { x: x(number), y: 14 + (number % 2) * 13, class: "middle" }, clipped(column.name, 20)));
    for (const [share, words] of scales[number].marks)
      drawing.append(svg("text", { x: x(number) + 5, y: y(share) + (share ? 10 : -3) }, clipped(words, 12)));
  });
  runs.forEach((run, place) => {
    let path = "";
    columns.forEach((column, number) => {
      const share = scales[number].at(column.values[place]);
      // Without a value there is a gap.
      path += share === null ? "" : `${path && scales[number - 1]?.at(columns[number - 1].values[place]) !== null ? "L" : "M"}${x(number)} ${y(share)} `;
    });
    const line = svg("path", { class: `curve color-${(place % 8) + 1}`, d: path || "M0 0" });
    line.append(svg("title", {}, run));
    drawing.append(line);
  });
  return drawing;
}

function scatter(across, up, runs) {
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart wide", role: "img", "aria-label": `${up.name} against ${across.name}` });
  const [horizontal, vertical] = [scale(across), scale(up)];
  const x = (share) => SIDE * 1.6 + share * (WIDTH - SIDE * 2.6);
  const y = (share) => HEIGHT - 2 * BOTTOM - share * (HEIGHT - TOP - 2 * BOTTOM);
  for (const [share, words] of horizontal.marks) {
    drawing.append(svg("line", { class: "grid", x1: x(share), x2: x(share), y1: y(0), y2: y(1) }));
    drawing.append(svg("text", { x: x(share), y: HEIGHT - 32, class: "middle" }, clipped(words, 14)));
  }
  for (const [share, words] of vertical.marks) {
    drawing.append(svg("line", { class: "grid", x1: x(0), x2: x(1), y1: y(share), y2: y(share) }));
    drawing.append(svg("text", { x: x(0) - 8, y: y(share) + 4, class: "end" }, clipped(words, 14)));
  }
  drawing.append(svg("text", { x: x(0.5), y: HEIGHT - 8, class: "middle" }, across.name));
  drawing.append(svg("text", { x: 4, y: 14 }, up.name));
  runs.forEach((run, place) => {
    const [left, height] = [horizontal.at(across.values[place]), vertical.at(up.values[place])];
    if (left === null || height === null) return;
    const dot = svg("circle", { class: `dot color-${(place % 8) + 1}`, cx: x(left), cy: y(height), r: 5 });
    dot.append(svg("title", {}, `${run}: ${text(across.values[place])}, ${text(up.values[place])}`));
    drawing.append(dot);
  });
  return drawing;
}

function svg(name, attributes, words) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (words !== undefined) element.textContent = words;
  return element;
}

function text(value) {
  return typeof value === "number" ? String(Number(value.toPrecision(5))) : String(value);
}

function clipped(words, most) {
  return words.length > most ? `${words.slice(0, most - 1)}…` : words;
}
