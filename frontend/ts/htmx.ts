import htmx from "htmx.org";
import { enhanceAll } from "./enhance";
import { say, text } from "./texts";

const SAFE = new Set(["GET", "HEAD", "OPTIONS", "QUERY"]);
/** A form that was not accepted comes back with its errors: that answer is meant to be swapped in. */
const SWAPPED_ERRORS = new Set([409, 422]);
const SHOW_AFTER_MS = 300;

function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

function showsProgress(): void {
  let running = 0;
  let timer = 0;
  const bar = (): HTMLElement | null => document.getElementById("ui-progress");
  document.addEventListener("htmx:before:request", () => {
    running += 1;
    if (running === 1) timer = window.setTimeout(() => bar()?.removeAttribute("hidden"), SHOW_AFTER_MS);
  });
  document.addEventListener("htmx:finally:request", () => {
    running = Math.max(0, running - 1);
    if (running > 0) return;
    window.clearTimeout(timer);
    bar()?.setAttribute("hidden", "");
  });
}

export function startHtmx(): void {
  document.addEventListener("htmx:config:request", (event) => {
    const { request } = event.detail.ctx;
    if (!SAFE.has(request.method.toUpperCase())) request.headers["X-CSRFToken"] = csrfToken();
  });
  document.addEventListener("htmx:response:error", (event) => {
    const { ctx } = event.detail;
    const status = ctx.response?.status ?? 0;
    if (SWAPPED_ERRORS.has(status)) return;
    ctx.swap = "none";
    say(text(status < 500 ? "refused" : "failed"), "bad");
  });
  document.addEventListener("htmx:error", (event) => {
    // A newer request of the same element aborts the older one; that is no failure.
    const { error } = event.detail;
    if (error instanceof DOMException && error.name === "AbortError") return;
    say(text("offline"), "bad");
  });
  document.addEventListener("htmx:after:swap", () => enhanceAll(document));
  showsProgress();
}

export { htmx };
