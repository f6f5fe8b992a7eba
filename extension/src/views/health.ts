/** What the server has to say of its own state: told once in a window, whenever a connection begins. */

import { window } from "vscode";
import type { Server } from "../client/server.ts";
import { status } from "../protocol/generated.ts";
import { Disposable } from "../shared/disposable.ts";
import type { Reporter } from "../shared/report.ts";
import { inert } from "../shared/text.ts";

export class Health extends Disposable {
  private readonly server: Server;
  private readonly told = new Set<string>();

  constructor(server: Server, reporter: Reporter) {
    super();
    this.server = server;
    this.register(
      server.onState(({ kind }) => {
        if (kind === "running") {
          reporter.report(this.ask(), "asking how the server is");
        }
      }),
    );
  }

  private async ask(): Promise<void> {
    const { notices, storeProblem } = await this.server.request(status, {});
    for (const sentence of storeProblem === undefined ? notices : [storeProblem, ...notices]) {
      if (!this.told.has(sentence)) {
        this.told.add(sentence);
        void window.showWarningMessage(inert(sentence));
      }
    }
  }
}
