/** What the page shows of a transcript: a window on its end that grows backwards. Knows items and `seq`; no elements. */

import type { ItemView } from "../protocol/generated.ts";
import type { ItemsNews } from "../protocol/webview.ts";

export class Shown {
  readonly sessionId: string;
  hasOlder = false;
  private seq = -1;
  private byId = new Map<string, ItemView>();

  constructor(sessionId: string) {
    this.sessionId = sessionId;
  }

  get items(): readonly ItemView[] {
    return [...this.byId.values()];
  }

  get first(): string | undefined {
    return this.byId.keys().next().value;
  }

  /** Take changes; what is older than what is here changes nothing. */
  apply(news: ItemsNews): void {
    if (news.isSnapshot) {
      this.byId.clear();
      this.hasOlder = news.hasOlder;
    } else if (news.seq <= this.seq) {
      return;
    }
    this.seq = news.seq;
    news.items.forEach((item) => this.byId.set(item.id, item));
    for (const { itemId, seq, text } of news.appends) {
      const item = this.byId.get(itemId);
      if (item !== undefined && item.seq < seq) {
        this.byId.set(itemId, { ...item, seq, text: (item.text ?? "") + text });
      }
    }
  }

  prepend(items: readonly ItemView[], hasOlder: boolean): void {
    const older = items.filter(({ id }) => !this.byId.has(id)).map((item) => [item.id, item] as const);
    this.byId = new Map([...older, ...this.byId]);
    this.hasOlder = hasOlder;
  }
}
