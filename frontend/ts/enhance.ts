/** Parts register what they do to an element; it is done once for each element, at load and after every swap. */
type Enhancer = (element: HTMLElement) => void;

const enhancers: { selector: string; run: Enhancer; seen: WeakSet<Element> }[] = [];

export function onElement(selector: string, run: Enhancer): void {
  enhancers.push({ selector, run, seen: new WeakSet() });
}

export function enhanceAll(root: ParentNode): void {
  for (const { selector, run, seen } of enhancers) {
    const found: Element[] = [...root.querySelectorAll(selector)];
    if (root instanceof Element && root.matches(selector)) found.unshift(root);
    for (const element of found) {
      if (element instanceof HTMLElement && !seen.has(element)) {
        seen.add(element);
        run(element);
      }
    }
  }
}
