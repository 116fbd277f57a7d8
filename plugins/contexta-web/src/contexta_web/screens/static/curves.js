// The points of curves: asked of the server for the part and the width that is shown, and smoothed here.

/** Return the curves of a metric of some runs as places and values. */
export async function curvesOf(metric, runs, view, pixels) {
  const axis = view.axis === "step" ? "step" : "time";
  if (view.axis === "relative" && (view.from !== null || view.to !== null)) return relative(metric, runs, view, pixels);
  return (await ask(metric, runs, axis, view.from, view.to, pixels)).map((told) => curve(told, view.axis));
}

/** Parts that are counted from the beginning of each run lie elsewhere in each. */
async function relative(metric, runs, view, pixels) {
  const begins = await ask(metric, runs, "time", null, null, 1);
  const parts = begins.map(async (begin) => {
    const place = (seconds) => (seconds === null ? null : begin.low + seconds * 1000);
    return (await ask(metric, [begin.run_id], "time", place(view.from), place(view.to), pixels))[0];
  });
  return (await Promise.all(parts)).map((told) => curve(told, "relative"));
}

async function ask(metric, runs, axis, from, to, pixels) {
  const query = new URLSearchParams({ metric, run_ids: runs.join(","), axis, pixels });
  if (from !== null) query.set("start", from);
  if (to !== null) query.set("end", to);
  const answer = await fetch(`/metrics/series?${query}`);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return (await answer.json()).series;
}

function curve(told, axis) {
  const begin = axis === "relative" ? told.low : 0;
  const places = told.steps ?? told.times.map((time) => (time - begin) / 1000);
  return { run: told.run_id, places, values: told.values, whole: told.is_whole, count: told.point_count };
}

/** Return an exponential moving average that does not start low; `weight` is what is left of what was. */
export function smoothed(values, weight) {
  let average = 0;
  let share = 1;
  return values.map((value) => {
    if (value === null) return null;
    average = average * weight + value * (1 - weight);
    share *= weight;
    return average / (1 - share);
  });
}

/** Return rising places of which none is there twice, for where several points stand at one each has its own value. */
export function distinct(places) {
  const apart = ((places.at(-1) ?? 0) - (places[0] ?? 0)) * 1e-9 || 1e-9;
  let last = -Infinity;
  return places.map((place) => (last = place > last ? place : last + apart));
}

/** A logarithmic scale has no place for what is not above zero. */
export function positive(values) {
  return values.map((value) => (value > 0 ? value : null));
}
