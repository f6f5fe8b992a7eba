/** Where in files a session's prompts were written, as its transcript tells. Knows transcripts; knows no thread. */

import type { Memento } from "vscode";
import type { ItemsParams, ItemView, PlaceView } from "../protocol/generated.ts";

const KEY = "segue.closedConversations";
/** Closed conversations that are remembered; the one that was closed longest ago goes first. */
const LIMIT = 200;

/** A conversation at one place of a file. */
export interface Spoken {
  readonly place: PlaceView;
  /** What was written in each of its turns. */
  readonly turns: ReadonlyMap<number, string>;
}

type Range = Pick<PlaceView, "uri" | "startLine" | "endLine">;

/** Names a place of a session. */
export function placeKey(sessionId: string, { uri, startLine, endLine }: Range): string {
  return `${sessionId} ${startLine}-${endLine} ${uri}`;
}

/** The conversations of a transcript, oldest first. */
export function spokenIn(items: readonly ItemView[]): readonly Spoken[] {
  const found = new Map<string, { place: PlaceView; turns: Map<number, string> }>();
  for (const { place, turn } of items) {
    if (place !== undefined) {
      const key = placeKey("", place);
      const spoken = found.get(key) ?? { place, turns: new Map<number, string>() };
      spoken.turns.set(turn, place.words);
      found.set(key, spoken);
    }
  }
  return [...found.values()];
}

/** Whether these changes may tell of a place. */
export function mayTell(changes: readonly ItemsParams[]): boolean {
  return changes.some(({ isSnapshot, items }) => isSnapshot || items.some(({ place }) => place !== undefined));
}

/** Which conversations the person closed, over reloads. */
export class Closed {
  private readonly memory: Memento;
  private keys: readonly string[];

  constructor(memory: Memento) {
    this.memory = memory;
    this.keys = memory.get<readonly string[]>(KEY, []);
  }

  has(key: string): boolean {
    return this.keys.includes(key);
  }

  add(key: string): void {
    this.keep([key, ...this.keys.filter((other) => other !== key)].slice(0, LIMIT));
  }

  remove(key: string): void {
    if (this.has(key)) {
      this.keep(this.keys.filter((other) => other !== key));
    }
  }

  private keep(keys: readonly string[]): void {
    this.keys = keys;
    void this.memory.update(KEY, keys);
  }
}
