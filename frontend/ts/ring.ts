import { onElement } from "./enhance";

/** Nothing typed or chosen yet: what a suggestion has checked by itself is no choice. */
function isBlank(form: HTMLFormElement): boolean {
  return [...form.elements].every((e) => {
    if (e instanceof HTMLTextAreaElement || e instanceof HTMLSelectElement) return !e.value.trim();
    return !(e instanceof HTMLInputElement) || !["text", "search", "tel"].includes(e.type) || !e.value.trim();
  });
}

function clock(seconds: number): string {
  const [minutes, rest] = [Math.floor(seconds / 60), Math.floor(seconds % 60)];
  return `${minutes}:${String(rest).padStart(2, "0")}`;
}

/**
 * `data-rings="id"` on a link: it opens by itself while the form of that id is blank and neither it nor anything else
 * on the page asks to stay (`data-keep-shown`). `data-since` on a time: how long ago, counted on.
 */
export function startRing(): void {
  onElement("a[data-rings]", (link) => {
    const form = document.getElementById(link.dataset["rings"] ?? "");
    if (document.querySelector("[data-keep-shown]") || !(form instanceof HTMLFormElement) || !isBlank(form)) return;
    window.location.assign((link as HTMLAnchorElement).href);
  });
  onElement("time[data-since]", (element) => {
    const since = Date.parse(element.getAttribute("datetime") ?? "");
    const ahead = Date.now() - Date.parse(element.dataset["since"] ?? "");
    if (Number.isNaN(since) || Number.isNaN(ahead)) return;
    const show = (): void => {
      element.textContent = clock(Math.max(0, (Date.now() - ahead - since) / 1000));
    };
    show();
    window.setInterval(show, 1000);
  });
}

/**
 * What was chosen in a part that is drawn anew stays chosen: an answer that was under way when somebody chose knows
 * nothing of it yet. `data-keep-choice` on the form; by name and value, and the focus by its id.
 */
export function startKeepChoice(): void {
  const chosen = new WeakMap<HTMLFormElement, Map<string, boolean>>();
  let focused = "";
  const keyOf = (box: HTMLInputElement): string => `${box.name}=${box.value}`;
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || !["radio", "checkbox"].includes(box.type)) return;
    const form = box.form;
    if (!form || !("keepChoice" in form.dataset)) return;
    const kept = chosen.get(form) ?? new Map<string, boolean>();
    if (box.type === "radio") for (const key of [...kept.keys()]) if (key.startsWith(`${box.name}=`)) kept.delete(key);
    kept.set(keyOf(box), box.checked);
    chosen.set(form, kept);
  });
  document.addEventListener("htmx:before:swap", () => {
    focused = document.activeElement?.closest("[data-keep-choice]") ? document.activeElement.id : "";
  });
  document.addEventListener("htmx:after:swap", () => {
    for (const form of document.querySelectorAll<HTMLFormElement>("form[data-keep-choice]")) {
      const kept = chosen.get(form);
      if (!kept) continue;
      for (const box of form.querySelectorAll<HTMLInputElement>("input[type=radio], input[type=checkbox]")) {
        const was = kept.get(keyOf(box));
        if (was !== undefined) box.checked = was;
      }
    }
    if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
  });
}
