/** Which items of a transcript a page has been given: its end, and more backwards when asked. Knows no window. */

import type { ItemsParams, ItemView } from "../protocol/generated.ts";
import type { ItemsNews, News } from "../protocol/webview.ts";

/** Items that a page begins with, and that come with each step backwards. */
export const PAGE = 200;

export class Pages {
  private readonly sessionId: string;
  private first = 0;
  /** Items in front of the page's first one. */
  private before = new Set<string>();

  constructor(sessionId: string) {
    this.sessionId = sessionId;
  }

  snapshot(items: readonly ItemView[], seq: number): ItemsNews {
    this.begin(items, items.length - PAGE);
    return this.news({ seq, isSnapshot: true, items: items.slice(this.first), appends: [] });
  }

  /** What of the changes the page shows: an item before its first one reaches it once it is paged in. */
  changes({ seq, items, appends }: ItemsParams): ItemsNews {
    return this.news({ seq, isSnapshot: false, items: items.filter(({ id }) => !this.before.has(id)), appends });
  }

  older(items: readonly ItemView[], before: string): News {
    const position = items.findIndex(({ id }) => id === before);
    const end = position < 0 ? this.first : position;
    this.begin(items, end - PAGE);
    return {
      type: "older",
      sessionId: this.sessionId,
      items: items.slice(this.first, end),
      hasOlder: this.first > 0,
    };
  }

  private begin(items: readonly ItemView[], first: number): void {
    this.first = Math.max(0, first);
    this.before = new Set(items.slice(0, this.first).map(({ id }) => id));
  }

  private news(fields: Omit<ItemsNews, "type" | "sessionId" | "hasOlder">): ItemsNews {
    return { type: "items", sessionId: this.sessionId, hasOlder: this.first > 0, ...fields };
  }
}
