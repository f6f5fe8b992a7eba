/**
 * Changes of documents that the server is not told of yet. What leads back to the text that it knows, it never hears
 * of: it takes each change for a decision of the user's. Knows texts and events; knows no editor.
 */

import type { TextDocument, TextDocumentChangeEvent } from "vscode";

type Send = (event: TextDocumentChangeEvent) => Promise<void>;

interface Held {
  readonly document: Pick<TextDocument, "getText">;
  holders: number;
  /** What the server believes the document reads. */
  text: string;
  changes: { readonly event: TextDocumentChangeEvent; readonly send: Send }[];
}

export class HeldChanges {
  private readonly held = new Map<string, Held>();
  private readonly unchanged: (event: TextDocumentChangeEvent) => TextDocumentChangeEvent;

  /** `unchanged` makes of an event one that tells of no other text. */
  constructor(unchanged: (event: TextDocumentChangeEvent) => TextDocumentChangeEvent) {
    this.unchanged = unchanged;
  }

  /** Send it now, or when nobody holds the document any more. */
  async change(key: string, event: TextDocumentChangeEvent, send: Send): Promise<void> {
    const held = this.held.get(key);
    if (held === undefined) {
      await send(event);
    } else {
      held.changes.push({ event, send });
    }
  }

  /** Hold the changes of a document; the function that is returned lets go, once. */
  hold(key: string, document: Pick<TextDocument, "getText">): () => Promise<void> {
    const held = this.held.get(key) ?? { document, holders: 0, text: document.getText(), changes: [] };
    held.holders += 1;
    this.held.set(key, held);
    return async () => {
      held.holders -= 1;
      try {
        while (held.holders === 0 && held.changes.length > 0) {
          await this.flush(key);
        }
      } finally {
        if (held.holders === 0) {
          this.held.delete(key);
        }
      }
    };
  }

  /** Send what is held of a document, as before it is saved or closed. */
  async flush(key: string): Promise<void> {
    const held = this.held.get(key);
    const last = held?.changes.at(-1);
    if (held === undefined || last === undefined) {
      return;
    }
    const { changes, text } = held;
    held.changes = [];
    held.text = held.document.getText();
    const due = held.text === text ? [{ ...last, event: this.unchanged(last.event) }] : changes;
    for (const { event, send } of due) {
      await send(event);
    }
  }
}
