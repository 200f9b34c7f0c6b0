import { onElement } from "./enhance";
import { icon, text } from "./texts";

const MEGABYTE = 1_048_576;

function fits(file: File, accept: string): boolean {
  const wanted = accept.split(",").map((part) => part.trim().toLowerCase()).filter(Boolean);
  if (wanted.length === 0) return true;
  const name = file.name.toLowerCase();
  return wanted.some((part) =>
    part.startsWith(".") ? name.endsWith(part) : part.endsWith("/*") ? file.type.startsWith(part.slice(0, -1)) : file.type === part,
  );
}

/** What is wrong with the chosen files, before anything is sent; empty when nothing is. */
function problemOf(input: HTMLInputElement, files: File[]): string {
  const limit = Number(input.dataset["maxBytes"] ?? 0);
  const most = Number(input.dataset["maxFiles"] ?? 0);
  if (most && files.length > most) return text("fileCount", { limit: most, count: files.length });
  for (const file of files) {
    if (!fits(file, input.accept)) return text("fileType", { name: file.name });
    if (limit && file.size > limit) {
      const [size, max] = [file.size / MEGABYTE, limit / MEGABYTE];
      return text("fileSize", { name: file.name, size: size.toFixed(1), limit: Number(max.toFixed(1)) });
    }
  }
  return "";
}

function without(input: HTMLInputElement, gone: File): void {
  const rest = new DataTransfer();
  for (const file of input.files ?? []) if (file !== gone) rest.items.add(file);
  input.files = rest.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function preview(input: HTMLInputElement, file: File): HTMLElement {
  const item = document.createElement("li");
  item.className = "ui-files__item";
  if (file.type.startsWith("image/")) {
    const image = document.createElement("img");
    image.className = "ui-files__image";
    image.alt = "";
    image.src = URL.createObjectURL(file);
    image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
    image.addEventListener("error", () => image.remove(), { once: true });
    item.append(image);
  }
  const name = document.createElement("span");
  name.className = "ui-files__name";
  name.textContent = file.name;
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "ui-iconbutton";
  remove.setAttribute("aria-label", text("fileRemove", { name: file.name }));
  remove.append(icon("x") ?? "×");
  remove.addEventListener("click", () => {
    without(input, file);
    input.focus();
  });
  item.append(name, remove);
  return item;
}

export function startFiles(): void {
  onElement("input[type=file][data-files]", (input) => {
    if (!(input instanceof HTMLInputElement)) return;
    const box = document.querySelector<HTMLElement>(`[data-files-for="${CSS.escape(input.id)}"]`);
    if (!box) return;
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      const problem = problemOf(input, files);
      input.setCustomValidity(problem);
      input.toggleAttribute("aria-invalid", Boolean(problem));
      box.replaceChildren();
      if (problem) {
        const line = document.createElement("p");
        line.className = "ui-field__errors";
        line.textContent = problem;
        box.append(line);
      }
      if (files.length === 0) return;
      const list = document.createElement("ul");
      list.className = "ui-files__list";
      list.append(...files.map((file) => preview(input, file)));
      box.append(list);
    });
  });
}
