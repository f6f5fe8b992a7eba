/** All sessions, kept up to date over every restart of the server. Knows resources; knows nothing of how they show. */

import type { Server } from "../client/server.ts";
import {
  status,
  subscribe,
  unsubscribe,
  type BucketView,
  type ItemsParams,
  type ItemView,
  type LinkView,
  type OfferView,
  type SessionView,
} from "../protocol/generated.ts";
import { Disposable, type Ending } from "../shared/disposable.ts";
import { failureOf } from "../shared/failure.ts";
import type { Reporter } from "../shared/report.ts";
import { Signal } from "../shared/signal.ts";
import { Mirror } from "./mirror.ts";

interface Followed {
  readonly mirror: Mirror;
  readonly changed: Signal<readonly ItemsParams[]>;
  /** Notifications that overtook the answer to `subscribe`; undefined once that is here. */
  early: ItemsParams[] | undefined;
  followers: number;
}

export class Sessions extends Disposable {
  private readonly server: Server;
  private readonly reporter: Reporter;
  private readonly followed = new Map<string, Followed>();
  private readonly rows: Followed;

  readonly onChange: Signal<readonly ItemsParams[]>["event"];

  constructor(server: Server, reporter: Reporter) {
    super();
    this.server = server;
    this.reporter = reporter;
    this.rows = this.begin("sessions");
    this.onChange = this.rows.changed.event;
    this.register(server.onItems((changes) => this.take(changes)));
    this.register(
      server.onState((state) => {
        if (state.kind === "running") {
          this.followed.forEach((followed) => this.catchUp(followed));
        }
      }),
    );
  }

  get all(): readonly SessionView[] {
    return this.rows.mirror.sessions;
  }

  /** What the sessions are grouped by, in the order in which that is shown. */
  get buckets(): readonly BucketView[] {
    return this.rows.mirror.buckets;
  }

  /** False until the server has told for the first time. */
  get isLoaded(): boolean {
    return this.rows.mirror.seq !== undefined;
  }

  /** Resolves once the server has told for the first time; throws what keeps the server from running. */
  async loaded(): Promise<void> {
    if (!this.isLoaded) {
      await this.server.request(status, {});
      await this.until(() => this.isLoaded);
    }
  }

  /** Resolves once a session is there: its row may come a moment after the answer that names it. */
  async appeared(id: string): Promise<void> {
    await this.until(() => this.get(id) !== undefined);
  }

  get(id: string): SessionView | undefined {
    return this.rows.mirror.session(id);
  }

  /** The transcript of a followed session. */
  transcript(id: string): readonly ItemView[] {
    return this.followed.get(resourceOf(id))?.mirror.items ?? [];
  }

  /** What the agent of a followed session offers; undefined before it told. */
  offer(id: string): OfferView | undefined {
    return this.followed.get(resourceOf(id))?.mirror.offer;
  }

  /** The cursor of a followed session's transcript; undefined before the server has told of it. */
  transcriptSeq(id: string): number | undefined {
    return this.followed.get(resourceOf(id))?.mirror.seq;
  }

  /** What a followed link has; undefined where the session is not linked. */
  link(id: string): LinkView | undefined {
    return this.followed.get(linkOf(id))?.mirror.link;
  }

  /** Follow a transcript until the returned thing is disposed of; `listener` hears of every change, in order. */
  follow(id: string, listener: (changes: readonly ItemsParams[]) => void): Ending {
    return this.followResource(resourceOf(id), listener);
  }

  /** Follow a link in the same way. */
  followLink(id: string, listener: () => void): Ending {
    return this.followResource(linkOf(id), listener);
  }

  private followResource(resource: string, listener: (changes: readonly ItemsParams[]) => void): Ending {
    let followed = this.followed.get(resource);
    if (followed === undefined) {
      followed = this.begin(resource);
      if (this.server.state.kind === "running") {
        this.catchUp(followed);
      }
    }
    const { changed } = followed;
    const listening = changed.event(listener);
    followed.followers += 1;
    return {
      dispose: () => {
        listening.dispose();
        this.release(resource);
      },
    };
  }

  private async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        const listening = this.onChange(() => {
          listening.dispose();
          resolve();
        });
      });
    }
  }

  private begin(resource: string): Followed {
    const followed: Followed = { mirror: new Mirror(resource), changed: new Signal(), early: [], followers: 0 };
    this.followed.set(resource, followed);
    return followed;
  }

  private release(resource: string): void {
    const followed = this.followed.get(resource);
    if (followed === undefined || (followed.followers -= 1) > 0) {
      return;
    }
    this.followed.delete(resource);
    if (this.server.state.kind === "running") {
      this.server
        .request(unsubscribe, { resource })
        .catch((error: unknown) => this.reporter.log.info(failureOf(error).message));
    }
  }

  private catchUp(followed: Followed): void {
    followed.early = [];
    this.reporter.report(this.resubscribe(followed), `following ${followed.mirror.resource}`);
  }

  private async resubscribe(followed: Followed): Promise<void> {
    const { resource, seq } = followed.mirror;
    const answer = await this.server.request(subscribe, seq === undefined ? { resource } : { resource, afterSeq: seq });
    const changes = [answer, ...(followed.early ?? [])];
    followed.early = undefined;
    followed.changed.fire(changes.filter((each) => followed.mirror.apply(each)));
  }

  private take(changes: ItemsParams): void {
    const followed = this.followed.get(changes.resource);
    if (followed?.early !== undefined) {
      followed.early.push(changes);
    } else if (followed?.mirror.apply(changes) === true) {
      followed.changed.fire([changes]);
    }
  }
}

function resourceOf(id: string): string {
  return `session/${id}`;
}

function linkOf(id: string): string {
  return `link/${id}`;
}
