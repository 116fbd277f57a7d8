// Buttons that copy the text of another part of the page.

const BACK = 2000;

export function startClipboard() {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const source = document.getElementById(button.dataset.copy);
    if (!source || !navigator.clipboard) continue;
    const words = button.textContent;
    const tell = (told) => {
      button.textContent = told;
      setTimeout(() => (button.textContent = words), BACK);
    };
    button.addEventListener("click", () =>
      navigator.clipboard.writeText(source.textContent).then(
        () => tell("Copied"),
        () => {
          getSelection().selectAllChildren(source);
          tell("Chosen: copy it by key");
        },
      ),
    );
    button.hidden = false;
  }
}
