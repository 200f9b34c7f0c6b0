import { onElement } from "./enhance";

const YEAR_SECONDS = 31_536_000;

function apply(theme: string): void {
  const page = document.documentElement;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  if (theme === "light" || theme === "dark") {
    page.setAttribute("data-bs-theme", theme);
    document.cookie = `theme=${theme}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax${secure}`;
  } else {
    page.removeAttribute("data-bs-theme");
    document.cookie = `theme=; Path=/; Max-Age=0; SameSite=Lax${secure}`;
  }
  document.dispatchEvent(new CustomEvent("ui:theme", { detail: theme }));
}

/** The switch works in place; without script its form posts and the server sets the same cookie. */
export function startTheme(): void {
  onElement("form[data-theme-form]", (form) => {
    form.addEventListener("submit", (event) => {
      const button = (event as SubmitEvent).submitter;
      if (!(button instanceof HTMLButtonElement)) return;
      event.preventDefault();
      apply(button.value);
      for (const other of form.querySelectorAll("button[name=theme]")) {
        other.setAttribute("aria-pressed", String(other === button));
      }
    });
  });
}
