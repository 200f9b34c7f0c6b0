import { onElement } from "./enhance";
import { text } from "./texts";

interface Choice {
  value: string;
  label: string;
  leaf?: boolean;
}

function isChoices(answer: unknown): answer is Choice[] {
  return Array.isArray(answer) && answer.every((c: unknown) => typeof (c as Choice).value === "string");
}

class Cascade {
  private readonly select: HTMLSelectElement;
  private readonly label: string;
  private readonly id: string;
  private readonly required: boolean;
  private readonly below = new Map<string, Choice[]>();
  private readonly parents = new Map<string, string>();
  private readonly row = document.createElement("div");

  constructor(private readonly box: HTMLElement, select: HTMLSelectElement) {
    this.select = select;
    this.id = select.id;
    this.required = select.required;
    this.label = box.querySelector("label")?.firstChild?.textContent?.trim() ?? "";
    for (const option of select.options) {
      if (!option.value) continue;
      const parent = option.dataset["parent"] ?? "";
      this.parents.set(option.value, parent);
      this.remember(parent, { value: option.value, label: option.dataset["label"] ?? option.text });
    }
    this.row.className = "ui-cascade__row";
    select.after(this.row);
    select.hidden = true;
    select.required = false;
    select.id = `${this.id}_value`;
    select.tabIndex = -1;
    // A restored draft sets the value from outside and says so with "input"; our own choices say "change".
    select.addEventListener("input", () => void this.draw(select.value));
    void this.draw(select.value);
  }

  private remember(parent: string, choice: Choice): void {
    const known = this.below.get(parent) ?? [];
    known.push(choice);
    this.below.set(parent, known);
  }

  /** The levels under `parent`: those of the page, otherwise those of the address given. */
  private async choicesBelow(parent: string): Promise<Choice[]> {
    const known = this.below.get(parent);
    const source = this.box.dataset["cascadeSrc"];
    if (known || !source || !parent) return known ?? [];
    const address = new URL(source, location.href);
    address.searchParams.set("parent", parent);
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    const answer: unknown = response.ok ? await response.json() : [];
    const choices = isChoices(answer) ? answer : [];
    this.below.set(parent, choices);
    for (const choice of choices) this.parents.set(choice.value, parent);
    return choices;
  }

  private path(value: string): string[] {
    const path: string[] = [];
    for (let at = value; at; at = this.parents.get(at) ?? "") path.unshift(at);
    return path;
  }

  private choose(value: string): void {
    const { select } = this;
    if (value && ![...select.options].some((option) => option.value === value)) {
      select.add(new Option(value, value));
    }
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  private async draw(value: string, focusLevel = -1): Promise<void> {
    const path = this.path(value);
    const levels: HTMLElement[] = [];
    for (let level = 0; level <= path.length; level += 1) {
      const parent = level === 0 ? "" : (path[level - 1] ?? "");
      const choices = await this.choicesBelow(parent);
      if (choices.length === 0) break;
      levels.push(this.level(level, parent, choices, path[level] ?? ""));
    }
    this.row.replaceChildren(...levels);
    if (focusLevel >= 0) levels[Math.min(focusLevel, levels.length - 1)]?.focus();
  }

  private level(level: number, parent: string, choices: Choice[], chosen: string): HTMLElement {
    const select = document.createElement("select");
    select.className = "form-select";
    if (level > 0) select.setAttribute("aria-label", text("level", { label: this.label, level: level + 1 }));
    else {
      // Label, help, errors and the links of an error summary all mean what the person sees.
      select.id = this.id;
      for (const name of ["aria-describedby", "aria-invalid"]) {
        const value = this.select.getAttribute(name);
        if (value) select.setAttribute(name, value);
      }
      // The hidden select can't show the browser's own "please fill in"; the visible first one can.
      select.required = this.required;
    }
    select.add(new Option(text("choose"), ""));
    for (const choice of choices) select.add(new Option(choice.label, choice.value, false, choice.value === chosen));
    select.addEventListener("change", () => {
      this.choose(select.value || parent);
      void this.draw(select.value || parent, level);
    });
    return select;
  }
}

/** One long select becomes one select a level; the long one stays in the form and carries the value. */
export function startCascade(): void {
  onElement("[data-cascade]", (box) => {
    const select = box.querySelector("select");
    if (select) new Cascade(box, select);
  });
}
