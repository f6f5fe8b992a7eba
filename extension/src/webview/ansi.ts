/** A terminal's output as coloured, inert text. Knows SGR; every other control sequence is left out (D47). */

import { visible } from "../shared/text.ts";

export interface Run {
  readonly text: string;
  /** Class names: `fg-0`…`fg-15`, `bg-0`…`bg-15`, `bold`, `dim`, `italic`, `underline`. */
  readonly classes: readonly string[];
}

// A string sequence (OSC, DCS, SOS, PM, APC) ends with BEL or ST; one that never ends takes the rest with it.
const SEQUENCE =
  /\x1b\[([\d;:]*)m|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^]*?(?:\x07|\x1b\\|\x9c|$)|\x1b[ -/]*[0-~]?|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;

export function runsOf(output: string): readonly Run[] {
  const runs: Run[] = [];
  const style = new Style();
  let end = 0;
  const add = (text: string) => {
    if (text !== "") {
      runs.push({ text: visible(text), classes: style.classes() });
    }
  };
  for (const match of output.matchAll(SEQUENCE)) {
    add(output.slice(end, match.index));
    end = match.index + match[0].length;
    if (match[1] !== undefined) {
      style.apply(match[1]);
    }
  }
  add(output.slice(end));
  return runs;
}

type Mark = "bold" | "dim" | "italic" | "underline";
const MARK_OF = new Map<number, Mark>([
  [1, "bold"],
  [2, "dim"],
  [3, "italic"],
  [4, "underline"],
]);

class Style {
  private foreground: number | undefined;
  private background: number | undefined;
  private readonly marks = new Set<Mark>();

  apply(parameters: string): void {
    const codes = parameters.split(/[;:]/).map(Number);
    for (let at = 0; at < codes.length; at += 1) {
      const code = codes[at] ?? 0;
      if (code === 38 || code === 48) {
        at += this.extended(code, codes.slice(at + 1));
      } else {
        this.one(code);
      }
    }
  }

  classes(): readonly string[] {
    const colors = [
      ...(this.foreground === undefined ? [] : [`fg-${this.foreground}`]),
      ...(this.background === undefined ? [] : [`bg-${this.background}`]),
    ];
    return [...colors, ...this.marks];
  }

  private one(code: number): void {
    const mark = MARK_OF.get(code);
    if (mark !== undefined) {
      this.marks.add(mark);
    } else if (code === 0) {
      this.foreground = this.background = undefined;
      this.marks.clear();
    } else if (code === 22) {
      this.marks.delete("bold");
      this.marks.delete("dim");
    } else if (code === 23 || code === 24) {
      this.marks.delete(code === 23 ? "italic" : "underline");
    } else {
      this.color(code);
    }
  }

  private color(code: number): void {
    const tens = Math.floor(code / 10);
    const index = code % 10;
    const isBright = tens === 9 || tens === 10;
    const value = index < 8 ? index + (isBright ? 8 : 0) : undefined;
    if (tens === 3 || tens === 9) {
      this.foreground = value;
    } else if (tens === 4 || tens === 10) {
      this.background = value;
    }
  }

  /** Only the sixteen colours that the theme knows; returns how many codes it took. */
  private extended(code: number, rest: readonly number[]): number {
    if (rest[0] === 2) {
      return 4;
    }
    const index = rest[1] ?? 16;
    const value = index < 16 ? index : undefined;
    if (code === 38) {
      this.foreground = value;
    } else {
      this.background = value;
    }
    return 2;
  }
}
