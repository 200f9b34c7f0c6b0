/** A form goes out once: its button is disabled and shows that it works, until the page or the answer comes. */
const SHOW_AFTER_MS = 300;
/** A navigation that was stopped must not leave the form dead. */
const GIVE_UP_MS = 20_000;
const HTMX_FORM = "[hx-post], [hx-put], [hx-patch], [hx-delete]";

function hold(form: HTMLFormElement, button: HTMLButtonElement | HTMLInputElement | null): void {
  form.dataset["sent"] = "";
  // After this event, so that the button's own name and value still go out with the form.
  window.setTimeout(() => {
    if (button) {
      button.setAttribute("aria-disabled", "true");
      button.setAttribute("aria-busy", "true");
    }
  });
  window.setTimeout(() => {
    if ("sent" in form.dataset) document.getElementById("ui-progress")?.removeAttribute("hidden");
  }, SHOW_AFTER_MS);
  window.setTimeout(() => release(form), GIVE_UP_MS);
}

export function release(form: HTMLFormElement): void {
  delete form.dataset["sent"];
  document.getElementById("ui-progress")?.setAttribute("hidden", "");
  for (const button of document.querySelectorAll("[aria-busy=true]")) {
    if (button instanceof HTMLButtonElement && button.form === form) {
      button.removeAttribute("aria-busy");
      button.removeAttribute("aria-disabled");
    }
  }
}

/** Forms that fetch a file stay on the page: mark them with data-stays so that they can be sent again. */
export function startSubmit(): void {
  // First of all listeners: a second sending must not reach htmx either.
  document.addEventListener(
    "submit",
    (event) => {
      if (!(event.target instanceof HTMLFormElement) || !("sent" in event.target.dataset)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method === "dialog" || "stays" in form.dataset) return;
    if (event.defaultPrevented && !form.matches(HTMX_FORM)) return;
    const button = event.submitter;
    hold(form, button instanceof HTMLButtonElement || button instanceof HTMLInputElement ? button : null);
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const form = (event.detail.ctx.sourceElement as Element | null)?.closest("form");
    if (form instanceof HTMLFormElement) release(form);
  });
  // Back from the next page: the browser shows this one as it was left.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) release(form);
  });
}
