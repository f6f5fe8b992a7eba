/** A small diff as lines: what both ends share is left out. Knows texts; the real changes are read from checkpoints. */

const CONTEXT = 3;

export interface DiffLine {
  readonly mark: "+" | "-" | " ";
  readonly text: string;
}

/** Between the first and the last line that differ, with three lines around; undefined old text means a new file. */
export function diffLines(before: string | undefined, after: string): readonly DiffLine[] {
  const [old, now] = [split(before ?? ""), split(after)];
  const shared = Math.min(old.length, now.length);
  let head = 0;
  while (head < shared && old[head] === now[head]) {
    head += 1;
  }
  let tail = 0;
  while (tail < shared - head && old[old.length - 1 - tail] === now[now.length - 1 - tail]) {
    tail += 1;
  }
  return [
    ...marked(" ", now.slice(Math.max(0, head - CONTEXT), head)),
    ...marked("-", old.slice(head, old.length - tail)),
    ...marked("+", now.slice(head, now.length - tail)),
    ...marked(" ", now.slice(now.length - tail, now.length - tail + CONTEXT)),
  ];
}

function marked(mark: DiffLine["mark"], lines: readonly string[]): readonly DiffLine[] {
  return lines.map((text) => ({ mark, text }));
}

function split(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
