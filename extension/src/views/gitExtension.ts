/** What VS Code's own git extension found in the window. It may be disabled or absent: nothing depends on it. */

import { extensions } from "vscode";
import { Disposable, type Ending } from "../shared/disposable.ts";
import { Signal } from "../shared/signal.ts";

interface Repository {
  readonly rootUri: { readonly fsPath: string };
}
interface Api {
  readonly state: "uninitialized" | "initialized";
  readonly onDidChangeState: (listener: (state: Api["state"]) => void) => Ending;
  readonly repositories: readonly Repository[];
  readonly onDidOpenRepository: (listener: () => void) => Ending;
  readonly onDidCloseRepository: (listener: () => void) => Ending;
}
interface Exports {
  getAPI(version: 1): Api;
}

/** A window must not wait for an extension that hangs. */
const SCAN_LIMIT_MS = 5_000;

export class GitExtension extends Disposable {
  private readonly changed = this.register(new Signal<undefined>());
  private api: Api | undefined;

  readonly onChange = this.changed.event;

  /** Paths of the repositories that it has open now. */
  get roots(): readonly string[] {
    return (this.api?.repositories ?? []).map(({ rootUri }) => rootUri.fsPath);
  }

  /** Resolves when its first look at the window's folders is over, or takes too long. */
  async scanned(): Promise<void> {
    const { api } = this;
    if (api?.state !== "uninitialized") {
      return;
    }
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, SCAN_LIMIT_MS);
      const listening = api.onDidChangeState(() => {
        clearTimeout(limit);
        listening.dispose();
        resolve();
      });
    });
  }

  /** To be called in a trusted workspace only: it may run git. */
  async watch(): Promise<void> {
    const git = extensions.getExtension<Exports>("vscode.git");
    if (git === undefined || this.api !== undefined) {
      return;
    }
    try {
      this.api = (await git.activate()).getAPI(1);
    } catch {
      return; // disabled by a setting
    }
    this.register(this.api.onDidOpenRepository(() => this.changed.fire(undefined)));
    this.register(this.api.onDidCloseRepository(() => this.changed.fire(undefined)));
    this.changed.fire(undefined);
  }
}
