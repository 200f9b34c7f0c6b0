import { text } from "./texts";

/**
 * Shortcuts of a desk: `data-key="j"` on a link, button or field. A key clicks a link or a button and focuses a field.
 * They rest while someone types; Escape then leaves the field. "?" lists the shortcuts of the page.
 * Two marks walk a table: data-key-next="j" and data-key-previous="k" on the element around rows `[data-row] a`.
 */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit", "reset"].includes(target.type);
}

function visible(element: HTMLElement): boolean {
  return element.getClientRects().length > 0;
}

function use(element: HTMLElement): void {
  const isField = element.matches("input:not([type=submit],[type=button],[type=checkbox],[type=radio]), textarea, select");
  element.focus();
  if (!isField) element.click();
}

function walk(box: HTMLElement, step: 1 | -1): void {
  const links = [...box.querySelectorAll<HTMLElement>("[data-row] a, a[data-row]")].filter(visible);
  const focused = links.findIndex((link) => link === document.activeElement);
  const at = focused === -1 ? links.findIndex((link) => link.getAttribute("aria-current") === "true") : focused;
  const next = links[at === -1 ? (step === 1 ? 0 : links.length - 1) : at + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function labelOf(element: HTMLElement): string {
  const given = element.dataset["keyLabel"] ?? element.getAttribute("aria-label");
  if (given) return given;
  const copy = element.cloneNode(true) as HTMLElement;
  for (const key of copy.querySelectorAll("kbd")) key.remove();
  return copy.textContent?.trim() ?? "";
}

/** Single keys must be possible to switch off (WCAG 2.1.4); "?" stays, since the list holds the switch. */
const OFF = "ui:keys-off";

function isOff(): boolean {
  try {
    return window.localStorage.getItem(OFF) !== null;
  } catch {
    return false;
  }
}

function switchOff(off: boolean): void {
  try {
    if (off) window.localStorage.setItem(OFF, "1");
    else window.localStorage.removeItem(OFF);
  } catch {
    // No storage, no memory of the choice.
  }
}

function offSwitch(): HTMLElement {
  const label = document.createElement("label");
  label.className = "ui-option";
  const box = document.createElement("input");
  box.type = "checkbox";
  box.className = "form-check-input";
  box.checked = isOff();
  box.addEventListener("change", () => switchOff(box.checked));
  const words = document.createElement("span");
  words.textContent = text("keysOff");
  label.append(box, words);
  return label;
}

function lines(): [string, string][] {
  const found = [...document.querySelectorAll<HTMLElement>("[data-key]")].filter(visible);
  const list: [string, string][] = found.map((e) => [e.dataset["key"] ?? "", labelOf(e)]);
  for (const box of document.querySelectorAll<HTMLElement>("[data-key-next]")) {
    list.push([`${box.dataset["keyNext"]} / ${box.dataset["keyPrevious"] ?? ""}`, box.dataset["keyLabel"] ?? ""]);
  }
  list.push(["?", text("keysHelp")]);
  return list;
}

function showHelp(): void {
  if (document.querySelector("dialog.ui-keys[open]")) return;
  const dialog = document.createElement("dialog");
  dialog.className = "ui-keys";
  dialog.setAttribute("aria-labelledby", "ui-keys-title");
  const title = document.createElement("h2");
  title.id = "ui-keys-title";
  title.textContent = text("keysTitle");
  const list = document.createElement("dl");
  for (const [key, label] of lines()) {
    const term = document.createElement("dt");
    const shown = document.createElement("kbd");
    shown.className = "ui-key";
    shown.textContent = key;
    term.append(shown);
    const meaning = document.createElement("dd");
    meaning.textContent = label;
    list.append(term, meaning);
  }
  const form = document.createElement("form");
  form.method = "dialog";
  const close = document.createElement("button");
  close.className = "btn";
  close.textContent = text("keysClose");
  form.append(close);
  dialog.append(title, list, offSwitch(), form);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape" && event.target instanceof HTMLElement) event.target.blur();
      return;
    }
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "?") {
      event.preventDefault();
      showHelp();
      return;
    }
    if (isOff()) return;
    for (const box of document.querySelectorAll<HTMLElement>("[data-key-next]")) {
      const step = event.key === box.dataset["keyNext"] ? 1 : event.key === box.dataset["keyPrevious"] ? -1 : 0;
      if (step === 0) continue;
      event.preventDefault();
      walk(box, step);
      return;
    }
    const marked = [...document.querySelectorAll<HTMLElement>("[data-key]")];
    const element = marked.find((e) => e.dataset["key"] === event.key && visible(e));
    if (!element) return;
    event.preventDefault();
    use(element);
  });
}
