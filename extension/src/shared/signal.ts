/** An event source without an editor, of the shape of VS Code's own. Knows nothing of what is told. */

import type { Ending } from "./disposable.ts";

export type Listener<T> = (value: T) => void;

export class Signal<T> implements Ending {
  private readonly listeners = new Set<Listener<T>>();

  /** Usable wherever VS Code wants an `Event<T>`. */
  readonly event = (listener: Listener<T>): Ending => {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  };

  fire(value: T): void {
    for (const listener of [...this.listeners]) {
      listener(value);
    }
  }

  dispose(): void {
    this.listeners.clear();
  }
}
