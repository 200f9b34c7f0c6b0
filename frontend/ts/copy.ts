import { onElement } from "./enhance";
import { text } from "./texts";

const SHOWN_MS = 2_000;

export function startCopy(): void {
  onElement("[data-copy]", (button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      const code = document.getElementById(button.dataset["copy"] ?? "")?.textContent ?? "";
      void navigator.clipboard.writeText(code).then(() => {
        const said = document.createElement("span");
        said.className = "ui-copy__said";
        said.setAttribute("role", "status");
        said.textContent = text("copied");
        button.after(said);
        window.setTimeout(() => said.remove(), SHOWN_MS);
      });
    });
  });
}
