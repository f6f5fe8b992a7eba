/** A page for tests of elements: import it before them. */

import { Window } from "happy-dom";

const page = new Window({ url: "about:blank" });
for (const name of [
  "window",
  "document",
  "customElements",
  "HTMLElement",
  "Element",
  "Node",
  "KeyboardEvent",
  "MouseEvent",
] as const) {
  Object.defineProperty(globalThis, name, { value: page[name], configurable: true });
}
for (const name of ["ShadowRoot", "CSSStyleSheet", "Document", "MutationObserver", "Event", "CustomEvent"] as const) {
  Object.defineProperty(globalThis, name, { value: page[name], configurable: true });
}

/** Form elements ask for it; happy-dom has none. */
const internals = { setFormValue: () => undefined, setValidity: () => undefined };
Object.defineProperty(page.HTMLElement.prototype, "attachInternals", { value: () => internals });
