import { onElement } from "./enhance";
import { text } from "./texts";

/** Characters as Django counts them: code points, a line end counting two as the browser sends it. */
export function lengthOf(value: string): number {
  return [...value.replace(/\r?\n/g, "\r\n")].length;
}

export function startCounter(): void {
  onElement("[data-counter-for]", (counter) => {
    const area = document.getElementById(counter.dataset["counterFor"] ?? "");
    const limit = Number(counter.dataset["limit"]);
    if (!(area instanceof HTMLTextAreaElement) || !limit) return;
    // The browser would cut a pasted text without a word; ours says by how much it is too long.
    area.removeAttribute("maxlength");
    const show = (): void => {
      const used = lengthOf(area.value);
      const over = used - limit;
      counter.textContent = over > 0 ? text("counterOver", { over }) : text("counter", { used, limit });
      counter.classList.toggle("ui-counter--over", over > 0);
      area.setCustomValidity(over > 0 ? text("counterOver", { over }) : "");
    };
    area.addEventListener("input", show);
    show();
  });
}
