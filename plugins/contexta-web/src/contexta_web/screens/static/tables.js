// Tables whose rows are chosen: how many are, and all of them at once.

export function startTables() {
  for (const form of document.querySelectorAll("form[data-choose]")) {
    const boxes = () => [...form.querySelectorAll('input[type="checkbox"][name="run"]')];
    const button = form.querySelector("button[type=submit]");
    const changes = form.querySelectorAll("[data-change]");
    const words = button.textContent;
    const count = () => {
      const chosen = boxes().filter((box) => box.checked).length;
      button.textContent = chosen ? `${words} (${chosen})` : words;
      button.disabled = chosen === 1;
      for (const change of changes) change.disabled = !chosen;
    };
    form.addEventListener("change", (event) => {
      if (event.target.matches("[data-all]")) for (const box of boxes()) box.checked = event.target.checked;
      count();
    });
    const all = form.querySelector("[data-all]");
    if (all) all.hidden = false;
    count();
  }
}
