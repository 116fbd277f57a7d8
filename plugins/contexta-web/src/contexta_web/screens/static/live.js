// What changes in the workspace, told by the server, and the parts of the page that show it asked for anew.
//
// An element with an id and `data-live` is such a part: "runs" where it shows which runs there are and how they stand,
// "records" where it shows what they record, too.  `data-live-from` is where it comes from, the page itself otherwise;
// `data-live-run` names the one run that it is about.

const PAUSE = 700;

const waiting = new Set();
const asked = new WeakMap();

/** Follow the workspace while somebody can see the page: a browser keeps few connections to one server. */
export function startLive() {
  const status = document.getElementById("live");
  let source = null;
  const follow = () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else if (!source) {
      source = open(status);
    }
  };
  document.addEventListener("visibilitychange", follow);
  window.addEventListener("pagehide", () => source?.close());
  follow();
}

function open(status) {
  const source = new EventSource("/events");
  source.onopen = () => {
    tell(status, "live", "Live");
    // What happened since the page was made, or the connection was lost, was told to nobody.
    refresh("records", null);
  };
  source.onerror = () => tell(status, "lost", "Not connected");
  for (const event of ["run_opened", "run_closed"])
    source.addEventListener(event, (told) => refresh("runs", JSON.parse(told.data)));
  source.addEventListener("records", (told) => refresh("records", JSON.parse(told.data)));
  return source;
}

function tell(status, state, words) {
  status.hidden = false;
  status.className = `live ${state}`;
  status.textContent = words;
}

function refresh(what, data) {
  document.dispatchEvent(new CustomEvent("contexta:change", { detail: { what, run: data?.run_id ?? null } }));
  const kinds = what === "runs" ? '[data-live="runs"], [data-live="records"]' : data ? '[data-live="records"]' : "[data-live]";
  for (const element of document.querySelectorAll(kinds)) {
    const run = element.dataset.liveRun;
    if (!run || !data || run === data.run_id) later(element);
  }
}

/** Ask for a part again, but never twice at once, and not all the time. */
function later(element) {
  if (waiting.has(element.id)) return;
  waiting.add(element.id);
  const since = performance.now() - (asked.get(element) ?? -PAUSE);
  setTimeout(() => ask(element.id), Math.max(0, PAUSE - since));
}

async function ask(id) {
  const element = document.getElementById(id);
  waiting.delete(id);
  // What somebody is choosing in is left alone.
  if (!element || element.contains(document.activeElement) || element.querySelector("input:checked")) return;
  asked.set(element, performance.now());
  const from = element.dataset.liveFrom ?? location.href;
  const answer = await fetch(from).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(id);
  const shown = document.getElementById(id);
  if (!fresh || !shown) return;
  await htmx.swap({ sourceElement: shown, target: shown, text: fresh.outerHTML, swap: "outerMorph" });
}
