/** How busy the machine is, and what that makes of a time limit: see `tools/patience.py`, which says it for Python. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** How many programs want each core at the moment; at least 1. */
export function busyness() {
  try {
    const [minute, , , counts] = readFileSync("/proc/loadavg", "utf8").split(" ");
    return Math.max(1, Math.max(Number(minute), Number.parseInt(counts)) / availableParallelism());
  } catch {
    return 1;
  }
}

/** A limit meant for a quiet machine, for something that begins now. */
export function scaled(limitMs) {
  return Math.ceil(limitMs * busyness());
}

/** A limit in which the time counts that the machine could have spent on it: look at it every few seconds. */
export class Patience {
  #left;
  #looked = Date.now();

  constructor(limitMs) {
    this.#left = limitMs;
  }

  isOver() {
    const now = Date.now();
    this.#left -= (now - this.#looked) / busyness();
    this.#looked = now;
    return this.#left <= 0;
  }
}
