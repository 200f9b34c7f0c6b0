import { onElement } from "./enhance";

/** An error summary takes the focus when the page comes, so that it is read first. */
export function startFocus(): void {
  onElement("[data-focus]", (element) => element.focus());
}
