/** The window's folders and the repositories in them. Knows paths; asks the server what they are. */

import { realpathSync } from "node:fs";
import { sep } from "node:path";
import { workspace } from "vscode";
import type { Server } from "../client/server.ts";
import { inspectRepository, type RepositoryView } from "../protocol/generated.ts";
import { Disposable } from "../shared/disposable.ts";
import { failureOf, type Failure } from "../shared/failure.ts";
import type { Reporter } from "../shared/report.ts";
import { Signal } from "../shared/signal.ts";
import { GitExtension } from "./gitExtension.ts";

/** A folder to start work in. */
export interface Place {
  readonly path: string;
  readonly repository: RepositoryView;
}

export interface Survey {
  readonly places: readonly Place[];
  /** What the server says of folders that cannot be worked in. */
  readonly refusals: readonly Failure[];
}

export class Folders extends Disposable {
  private readonly server: Server;
  private readonly git = this.register(new GitExtension());
  private readonly changed = this.register(new Signal<undefined>());
  private paths: readonly string[] = [];

  /** What `survey` finds may be different now. */
  readonly onChange = this.changed.event;

  constructor(server: Server, reporter: Reporter) {
    super();
    this.server = server;
    this.read();
    this.register(
      workspace.onDidChangeWorkspaceFolders(() => {
        this.read();
        this.changed.fire(undefined);
      }),
    );
    this.register(this.git.onChange(() => this.changed.fire(undefined)));
    this.register(
      server.onState(({ kind }) => {
        if (kind === "running") {
          reporter.report(this.git.watch(), "asking VS Code's git extension");
        }
      }),
    );
  }

  get isEmpty(): boolean {
    return this.paths.length === 0;
  }

  /** Whether a repository with this root is open here, as a whole or in part. */
  holds(root: string): boolean {
    return this.paths.some((path) => isWithin(path, root) || isWithin(root, path));
  }

  /** Every folder of the window, and every repository that VS Code found in them, as the server sees it. */
  async survey(): Promise<Survey> {
    await this.git.scanned();
    const nested = this.git.roots.map(resolved).filter((root) => this.isNested(root));
    const paths = [...new Set([...this.paths, ...nested.sort()])];
    const answers = await Promise.all(paths.map((path) => this.inspect(path)));
    const places = answers.filter((answer): answer is Place => "repository" in answer);
    return { places, refusals: answers.filter((answer): answer is Failure => !("repository" in answer)) };
  }

  private async inspect(path: string): Promise<Place | Failure> {
    try {
      const { repository } = await this.server.request(inspectRepository, { path });
      return { path, repository };
    } catch (error) {
      return failureOf(error);
    }
  }

  private isNested(root: string): boolean {
    return this.paths.some((path) => path !== root && isWithin(root, path));
  }

  private read(): void {
    const folders = (workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file");
    this.paths = folders.map((folder) => resolved(folder.uri.fsPath));
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
