/** What the page shows of a transcript: a window on its end that grows backwards. Knows items and `seq`; no elements. */

import type { ItemView } from "../protocol/generated.ts";
import type { ItemsNews } from "../protocol/webview.ts";

export class Shown {
  readonly sessionId: string;
  hasOlder = false;
  private seq = -1;
  private older: readonly ItemView[] = [];
  private readonly byId = new Map<string, ItemView>();

  constructor(sessionId: string) {
    this.sessionId = sessionId;
  }

  get items(): readonly ItemView[] {
    return [...this.older, ...this.byId.values()];
  }

  get first(): string | undefined {
    return this.items[0]?.id;
  }

  /** Take changes; what is older than what is here changes nothing. */
  apply(news: ItemsNews): void {
    if (news.isSnapshot) {
      this.older = [];
      this.byId.clear();
      this.hasOlder = news.hasOlder;
    } else if (news.seq <= this.seq) {
      return;
    }
    this.seq = news.seq;
    news.items.forEach((item) => this.put(item));
    for (const { itemId, seq, text } of news.appends) {
      const item = this.find(itemId);
      if (item !== undefined && item.seq < seq) {
        this.put({ ...item, seq, text: (item.text ?? "") + text });
      }
    }
  }

  prepend(items: readonly ItemView[], hasOlder: boolean): void {
    const known = new Set(this.items.map(({ id }) => id));
    this.older = [...items.filter(({ id }) => !known.has(id)), ...this.older];
    this.hasOlder = hasOlder;
  }

  private find(id: string): ItemView | undefined {
    return this.byId.get(id) ?? this.older.find((item) => item.id === id);
  }

  private put(item: ItemView): void {
    if (this.older.some(({ id }) => id === item.id)) {
      this.older = this.older.map((each) => (each.id === item.id ? item : each));
    } else {
      this.byId.set(item.id, item);
    }
  }
}
