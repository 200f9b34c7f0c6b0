import { onElement } from "./enhance";
import { text } from "./texts";

const DIGITS = 6;

function fill(id: string | undefined, value: number): void {
  const input = id ? document.getElementById(id) : null;
  if (!(input instanceof HTMLInputElement)) return;
  input.value = value.toFixed(DIGITS);
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Asks the device for its position only when the person presses the button. */
export function startLocate(): void {
  onElement("[data-locate]", (box) => {
    const button = box.querySelector("button");
    const state = box.querySelector("output");
    if (!button || !state || !("geolocation" in navigator) || !window.isSecureContext) return;
    box.hidden = false;
    const done = (message: string): void => {
      state.textContent = message;
      button.removeAttribute("aria-busy");
      button.disabled = false;
    };
    button.addEventListener("click", () => {
      state.textContent = text("locating");
      button.setAttribute("aria-busy", "true");
      button.disabled = true;
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          fill(box.dataset["lat"], coords.latitude);
          fill(box.dataset["lon"], coords.longitude);
          fill(box.dataset["accuracy"], coords.accuracy);
          done(text("located", { metres: Math.round(coords.accuracy) }));
          box.dispatchEvent(new CustomEvent("ui:located", { bubbles: true, detail: coords }));
        },
        (error) => done(text(error.code === error.PERMISSION_DENIED ? "locateDenied" : "locateFailed")),
        { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 },
      );
    });
  });
}
