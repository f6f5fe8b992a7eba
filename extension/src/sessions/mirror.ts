/** A resource as the server has it, kept by snapshots and ordered changes. Knows `seq`; knows neither wire nor window. */

import type {
  AppendView,
  BucketView,
  ItemsParams,
  ItemView,
  LinkView,
  OfferView,
  SessionView,
} from "../protocol/generated.ts";

/**
 * Applying a snapshot and all that follows gives the server's view. What is older than what is here changes nothing,
 * so that anything may be delivered twice.
 */
export class Mirror {
  readonly resource: string;
  /** The cursor to continue from; undefined before the first answer. */
  seq: number | undefined;
  /** What a session's agent offers; undefined before it told. */
  offer: OfferView | undefined;
  /** Of a link's resource; undefined while the session is not linked. */
  link: LinkView | undefined;
  /** All that sessions are grouped by, in their order. */
  buckets: readonly BucketView[] = [];
  private readonly sessionsById = new Map<string, SessionView>();
  private readonly itemsById = new Map<string, ItemView>();

  constructor(resource: string) {
    this.resource = resource;
  }

  get sessions(): readonly SessionView[] {
    return [...this.sessionsById.values()];
  }

  /** In the order in which they first appeared. */
  get items(): readonly ItemView[] {
    return [...this.itemsById.values()];
  }

  session(id: string): SessionView | undefined {
    return this.sessionsById.get(id);
  }

  /** Take changes; returns whether anything is different now. */
  apply(changes: ItemsParams): boolean {
    if (changes.resource !== this.resource) {
      return false;
    }
    if (changes.isSnapshot) {
      this.sessionsById.clear();
      this.itemsById.clear();
      this.offer = undefined;
    } else if (this.isOld(changes)) {
      return false;
    }
    this.buckets = changes.buckets.length > 0 ? changes.buckets : this.buckets;
    upsert(this.sessionsById, changes.sessions);
    upsert(this.itemsById, changes.items);
    this.offer = changes.offer ?? this.offer;
    for (const append of changes.appends) {
      this.append(append);
    }
    for (const id of changes.removed) {
      this.sessionsById.delete(id);
      this.itemsById.delete(id);
    }
    this.seq = changes.seq;
    this.link = changes.link;
    return true;
  }

  /** A link is told as a whole, and changes without the journal: buffers do not stand in it. */
  private isOld({ seq }: ItemsParams): boolean {
    return !this.resource.startsWith("link/") && this.seq !== undefined && seq <= this.seq;
  }

  private append({ itemId, seq, text }: AppendView): void {
    const item = this.itemsById.get(itemId);
    if (item !== undefined && item.seq < seq) {
      this.itemsById.set(itemId, { ...item, seq, text: (item.text ?? "") + text });
    }
  }
}

function upsert<T extends { readonly id: string; readonly seq: number }>(entries: Map<string, T>, news: readonly T[]) {
  for (const entry of news) {
    const known = entries.get(entry.id);
    if (known === undefined || known.seq <= entry.seq) {
      entries.set(entry.id, entry);
    }
  }
}
