/** Sentences for people come from the page (ui/components/script_texts.html), translated there; none stand in a script. */
export function text(key: string, values: Record<string, string | number> = {}): string {
  const pattern = document.getElementById("ui-texts")?.dataset[key] ?? "";
  return pattern.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** An icon of the sprite, which is found where the page's own icons point. */
export function icon(name: string): SVGSVGElement | null {
  const sprite = document.querySelector("svg use")?.getAttribute("href")?.split("#")[0];
  if (!sprite) return null;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.classList.add("ui-icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

/** Shows a sentence in the page's message region; one with the same words isn't repeated. */
export function say(message: string, tone: "neutral" | "good" | "bad" = "neutral"): HTMLElement | null {
  const region = document.getElementById("ui-messages");
  if (!region || !message) return null;
  for (const old of region.querySelectorAll("[data-said]")) old.remove();
  const box = document.createElement("div");
  box.className = `ui-notice ui-notice--${tone}`;
  box.dataset["said"] = "";
  if (tone === "bad") box.setAttribute("role", "alert");
  const sign = icon(tone === "bad" ? "alert-circle" : tone === "good" ? "circle-check" : "info-circle");
  if (sign) box.append(sign);
  const body = document.createElement("div");
  body.className = "ui-notice__body";
  body.append(message);
  box.append(body);
  region.append(box);
  box.scrollIntoView({ block: "nearest" });
  return body;
}
