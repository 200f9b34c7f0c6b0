import { onElement } from "./enhance";
import { say, text } from "./texts";

const PREFIX = "draft:";
const SAVE_AFTER_MS = 400;
type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** Controls whose text is kept: never passwords, files, hidden values, or fields marked data-draft-skip. */
function kept(form: HTMLFormElement): Control[] {
  const skipped = new Set(["password", "file", "hidden", "submit", "button", "reset", "image"]);
  return [...form.elements].filter(
    (e): e is Control =>
      (e instanceof HTMLInputElement || e instanceof HTMLTextAreaElement || e instanceof HTMLSelectElement) &&
      Boolean(e.name) && !skipped.has(e.type) && !("draftSkip" in e.dataset),
  );
}

function read(form: HTMLFormElement): [string, string][] {
  return kept(form)
    .filter((e) => !(e instanceof HTMLInputElement && (e.type === "checkbox" || e.type === "radio")) || e.checked)
    .map((e) => [e.name, e.value]);
}

function write(form: HTMLFormElement, saved: [string, string][]): void {
  for (const element of kept(form)) {
    const values = saved.filter(([name]) => name === element.name).map(([, value]) => value);
    if (element instanceof HTMLInputElement && (element.type === "checkbox" || element.type === "radio")) {
      element.checked = values.includes(element.value);
    } else if (values[0] !== undefined) {
      element.value = values[0];
    }
    element.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** The browser may refuse storage (private windows, full): then there is simply no draft. */
function storage(use: (store: Storage) => void): void {
  try {
    use(window.sessionStorage);
  } catch {
    // Nothing to do: the form works as it does without script.
  }
}

function forget(key: string): void {
  storage((store) => {
    for (const name of Object.keys(store)) {
      if (name === PREFIX + key || (key === "*" && name.startsWith(PREFIX))) store.removeItem(name);
    }
  });
}

function restore(form: HTMLFormElement, key: string): void {
  // A page that came back with errors already shows what was typed.
  if (form.querySelector("[aria-invalid=true]")) return;
  storage((store) => {
    const saved = store.getItem(PREFIX + key);
    if (!saved || saved === JSON.stringify(read(form))) return;
    write(form, JSON.parse(saved) as [string, string][]);
    const body = say(text("draft"));
    if (!body) return;
    const drop = document.createElement("button");
    drop.type = "button";
    drop.className = "btn btn-sm";
    drop.textContent = text("draftDrop");
    drop.addEventListener("click", () => {
      form.reset();
      body.closest(".ui-notice")?.remove();
      for (const element of kept(form)) element.dispatchEvent(new Event("input", { bubbles: true }));
      forget(key);
    });
    body.append(" ", drop);
  });
}

/** `<form data-draft="key">` keeps its text in this tab; `<… data-draft-clear="key">` on the next page forgets it ("*": all). */
export function startDrafts(): void {
  onElement("[data-draft-clear]", (mark) => forget(mark.dataset["draftClear"] ?? ""));
  onElement("form[data-draft]", (form) => {
    if (!(form instanceof HTMLFormElement)) return;
    const key = form.dataset["draft"] ?? "";
    // After all parts have started, so that counters and pickers follow the restored text.
    window.setTimeout(() => {
      restore(form, key);
      let timer = 0;
      const keep = (): void => {
        window.clearTimeout(timer);
        timer = window.setTimeout(() => storage((s) => s.setItem(PREFIX + key, JSON.stringify(read(form)))), SAVE_AFTER_MS);
      };
      form.addEventListener("input", keep);
      form.addEventListener("change", keep);
    });
  });
}
