/** What was typed into a text while the focus was on its way out of it. Pure: knows offsets; knows no editor. */

/** One replacement, as VS Code tells of it. */
export interface Replacement {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

/** A stretch of the present text, and what stood there before anything was typed. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly before: string;
}

/**
 * Follows the stretch around the cursor that keys change. What others write elsewhere meanwhile moves it; what others
 * write into it counts as typed.
 */
export class TypedAhead {
  private text: string;
  private found: Stretch;

  constructor(text: string, selection: { readonly start: number; readonly end: number }) {
    this.text = text;
    this.found = { ...selection, before: text.slice(selection.start, selection.end) };
  }

  change({ rangeOffset, rangeLength, text }: Replacement): void {
    const { start, end, before } = this.found;
    const [from, to, by] = [rangeOffset, rangeOffset + rangeLength, text.length - rangeLength];
    if (to < start) {
      this.found = { start: start + by, end: end + by, before };
    } else if (from <= end) {
      const [left, right] = [this.text.slice(Math.min(from, start), start), this.text.slice(end, Math.max(to, end))];
      this.found = { start: Math.min(from, start), end: Math.max(to, end) + by, before: left + before + right };
    }
    this.text = this.text.slice(0, from) + text + this.text.slice(to);
  }

  /** Undefined where the text reads as it did. */
  get stretch(): Stretch | undefined {
    const { start, end, before } = this.found;
    return this.text.slice(start, end) === before ? undefined : this.found;
  }
}
