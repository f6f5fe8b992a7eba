/** What is written and not sent yet, per session: the same in every pane, over closed tabs and reloads. Knows no page. */

import type { Memento } from "vscode";
import type { Ending } from "../shared/disposable.ts";
import { Signal } from "../shared/signal.ts";

const KEY = "segue.drafts";
/** Sessions whose drafts are kept; the one written longest ago goes first. */
const LIMIT = 50;

export interface Draft {
  readonly sessionId: string;
  readonly text: string;
}

export class Drafts implements Ending {
  private readonly memory: Memento;
  private readonly changed = new Signal<{ readonly draft: Draft; readonly writer: unknown }>();
  private drafts: readonly Draft[];

  constructor(memory: Memento) {
    this.memory = memory;
    this.drafts = memory.get<readonly Draft[]>(KEY, []);
  }

  of(sessionId: string): string {
    return this.drafts.find((draft) => draft.sessionId === sessionId)?.text ?? "";
  }

  /** Keep what `writer` has now; every other listener hears of it. */
  async keep(draft: Draft, writer: unknown): Promise<void> {
    const others = this.drafts.filter(({ sessionId }) => sessionId !== draft.sessionId);
    this.drafts = draft.text === "" ? others : [draft, ...others].slice(0, LIMIT);
    this.changed.fire({ draft, writer });
    await this.memory.update(KEY, this.drafts);
  }

  /** Hear of what others write. */
  follow(reader: unknown, listener: (draft: Draft) => void): Ending {
    return this.changed.event(({ draft, writer }) => {
      if (writer !== reader) {
        listener(draft);
      }
    });
  }

  dispose(): void {
    this.changed.dispose();
  }
}
