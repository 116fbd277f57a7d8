// How the charts of a page are looked at: read from the address, kept in it, and chosen in the form `view`.

const NAMES = ["axis", "smooth", "log", "from", "to"];

/** The view that an address asks for. */
export function viewOf(search) {
  const query = new URLSearchParams(search);
  const number = (name) => (query.get(name) ? Number(query.get(name)) : null);
  return {
    axis: query.get("axis") || "step",
    smooth: number("smooth") ?? 0,
    log: query.has("log"),
    from: number("from"),
    to: number("to"),
  };
}

/** Write a view into the address, where it can be kept as a bookmark. */
export function keep(view) {
  const address = new URL(location.href);
  const values = {
    axis: view.axis === "step" ? null : view.axis,
    smooth: view.smooth || null,
    log: view.log ? 1 : null,
    from: view.from,
    to: view.to,
  };
  for (const name of NAMES) {
    if (values[name] === null) address.searchParams.delete(name);
    else address.searchParams.set(name, values[name]);
  }
  history.replaceState(null, "", address);
}

/** Let a form choose the view; `changed` is called with the view and whether other points are needed. */
export function bindForm(form, view, changed) {
  const { axis, smooth, log, from, to } = form.elements;
  const whole = form.querySelector("[data-whole]");
  const show = () => {
    from.value = view.from ?? "";
    to.value = view.to ?? "";
    whole.hidden = view.from === null && view.to === null;
  };
  const number = (field) => (field.value.trim() && Number.isFinite(Number(field.value)) ? Number(field.value) : null);
  const read = (other) => {
    keep(view);
    show();
    changed(other);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    [view.from, view.to] = [number(from), number(to)];
    read(true);
  });
  axis.addEventListener("change", () => {
    // A step says nothing about a time.
    Object.assign(view, { axis: axis.value, from: null, to: null });
    read(true);
  });
  smooth.addEventListener("input", () => {
    view.smooth = Number(smooth.value);
    read(false);
  });
  log.addEventListener("change", () => {
    view.log = log.checked;
    read(false);
  });
  whole.addEventListener("click", () => zoom(null, null));
  const zoom = (start, end) => {
    [view.from, view.to] = [start, end];
    read(true);
  };
  show();
  return zoom;
}
