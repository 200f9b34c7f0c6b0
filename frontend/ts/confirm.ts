/** A confirm that opens puts the cursor into its first field; Escape closes it and gives the focus back. */
export function startConfirm(): void {
  document.addEventListener(
    "toggle",
    (event) => {
      const box = event.target;
      if (!(box instanceof HTMLDetailsElement) || !box.matches("[data-confirm]") || !box.open) return;
      // Browsers that don't know details[name] yet: close the others of the group here.
      const name = box.getAttribute("name");
      for (const other of document.querySelectorAll<HTMLDetailsElement>("details[data-confirm][open]")) {
        if (name && other !== box && other.getAttribute("name") === name) other.open = false;
      }
      box.querySelector<HTMLElement>("textarea, select, input:not([type=hidden]), .ui-confirm__panel button")?.focus();
    },
    true,
  );
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !(event.target instanceof Element)) return;
    const box = event.target.closest<HTMLDetailsElement>("details[data-confirm][open]");
    if (!box) return;
    box.open = false;
    box.querySelector("summary")?.focus();
  });
}
