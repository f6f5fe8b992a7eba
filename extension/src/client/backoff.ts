/** When a server that went away is started again. Knows times; starts nothing. */

/** Milliseconds before the first, second, … start after a failure. */
export const DELAYS_MS = [250, 1_000, 2_000, 4_000] as const;
/** Failures within this time count together. */
export const WINDOW_MS = 180_000;

/** Bounded: the failure after the last delay, within `WINDOW_MS`, gives up. */
export class Backoff {
  private failures: number[] = [];

  /** Note a failure at `nowMs` (a monotonic clock); returns how long to wait, or undefined to give up. */
  failed(nowMs: number): number | undefined {
    this.failures = [...this.failures.filter((at) => nowMs - at < WINDOW_MS), nowMs];
    return DELAYS_MS[this.failures.length - 1];
  }

  /** A person asked for another try. */
  reset(): void {
    this.failures = [];
  }
}
