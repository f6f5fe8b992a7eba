/** Which entries of a long transcript are drawn: a stretch that moves with what a person reads. Knows positions only. */

/** Entries that a page begins with, that come with each step, and that are drawn at the most. */
const BEGIN = 80;
const STEP = 60;
export const DRAWN_LIMIT = 400;

interface Entry {
  readonly id: string;
}

export class Stretch<T extends Entry> {
  private all: readonly T[] = [];
  private from = 0;
  private to = 0;

  get drawn(): readonly T[] {
    return this.all.slice(this.from, this.to);
  }

  /** Entries that are known and not drawn, in front of what is drawn. */
  get before(): number {
    return this.from;
  }

  get isAtEnd(): boolean {
    return this.to === this.all.length;
  }

  /** Take the entries as they are now; what was drawn stays drawn, and what is new at the end is drawn where there is room. */
  take(all: readonly T[]): void {
    const [first, wasAtEnd, size] = [this.all[this.from]?.id, this.isAtEnd, this.to - this.from];
    this.all = all;
    const from = first === undefined ? -1 : all.findIndex(({ id }) => id === first);
    if (from < 0) {
      this.toEnd();
      return;
    }
    this.from = from;
    this.to = Math.min(all.length, from + (wasAtEnd ? DRAWN_LIMIT : size));
  }

  /** The end; what is drawn close before it stays drawn. */
  toEnd(): void {
    const { length } = this.all;
    const isClose = this.to > Math.max(0, length - DRAWN_LIMIT);
    this.from = isClose ? Math.max(this.from, length - DRAWN_LIMIT) : Math.max(0, length - BEGIN);
    this.to = length;
  }

  /** One step backwards; what is left behind is drawn no more. */
  earlier(): void {
    this.from = Math.max(0, this.from - STEP);
    this.to = Math.min(this.to, this.from + DRAWN_LIMIT);
  }

  /** One step on towards the end. */
  later(): void {
    this.to = Math.min(this.all.length, this.to + STEP);
    this.from = Math.max(this.from, this.to - DRAWN_LIMIT);
  }
}
