/** The server that came with the extension: builds its environment, sees to older ones. Knows processes and progress. */

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { ProgressLocation, window, workspace, type LogOutputChannel, type Progress } from "vscode";
import { Failed, type Failure } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import type { Command } from "./command.ts";
import { candidates, isFit, PROBE, unfit, type Probe, type Told } from "./python.ts";
import { chosenPython } from "./pythonExtension.ts";
import { environmentsFolder, isComplete, type Shipped } from "./bundledServer.ts";

const PROBE_LIMIT_MS = 10_000;
/** Runs the installer out of the wheel, before anything is installed. */
const RUN_WHEEL =
  "import sys; sys.path.insert(0, sys.argv[1]); from segue.installer import main; sys.exit(main(sys.argv[2:]))";

/** A line of the installer. */
interface Said {
  readonly step?: "waiting" | "environment" | "packages" | "segue";
  readonly log?: string;
  readonly ready?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly action?: string;
}

export class Installation {
  private readonly shipped: Shipped;
  private readonly log: LogOutputChannel;
  private hasSwept = false;

  constructor(shipped: Shipped, log: LogOutputChannel) {
    this.shipped = shipped;
    this.log = log;
  }

  get version(): string {
    return this.shipped.version;
  }

  /** The command of the environment where it stands already. */
  get command(): Command | undefined {
    const environment = join(environmentsFolder(), this.shipped.name);
    return isComplete(environment) ? commandOf(environment) : undefined;
  }

  /** Build the environment, in sight of the person; throws `Failed`, also where they cancel. */
  async build(over: AbortSignal): Promise<Command> {
    if (process.platform === "win32") {
      throw new Failed({
        reason: "not_run_here",
        message: t("Segue does not run on Windows itself yet."),
        action: t("Use it inside WSL: open the folder with VS Code's WSL extension."),
      });
    }
    const python = await findPython();
    this.log.info(`Setting up Segue ${this.shipped.name} with ${python}`);
    const options = { location: ProgressLocation.Notification, title: t("Setting up Segue"), cancellable: true };
    return window.withProgress(options, async (progress, token) => {
      const child = this.spawnInstaller(python);
      const cancel = () => end(child);
      const listening = token.onCancellationRequested(cancel);
      over.addEventListener("abort", cancel);
      try {
        return await this.follow(child, progress);
      } catch (error) {
        throw token.isCancellationRequested ? new Failed(cancelled()) : error;
      } finally {
        listening.dispose();
        over.removeEventListener("abort", cancel);
      }
    });
  }

  /** End a daemon that is older than this one as soon as no turn of it runs; agents go on in any case. */
  async retireOlder(over: AbortSignal): Promise<void> {
    const { command } = this;
    if (command === undefined) {
      return;
    }
    const child = spawn(command.program, ["daemon", "retire"], { stdio: ["ignore", "pipe", "ignore"], signal: over });
    child.on("error", (error) => this.log.info(error.message));
    child.stdout.once("data", () => {
      const text = t(
        "Segue {0} is installed. The older one finishes the turns that run, then the new one takes over.",
        this.version,
      );
      void window.showInformationMessage(text);
    });
    await new Promise((resolve) => child.once("close", resolve));
  }

  /** Remove environments from which nothing runs any more. */
  async sweep(): Promise<void> {
    const { command } = this;
    const others = () => readdirSync(environmentsFolder()).filter((name) => !/^\.|^$/.test(name));
    if (this.hasSwept || command === undefined || others().length < 2) {
      return;
    }
    this.hasSwept = true;
    const python = join(environmentsFolder(), this.shipped.name, "bin", "python");
    const child = spawn(python, ["-I", "-m", "segue.installer", "sweep", this.shipped.name], { stdio: "pipe" });
    child.on("error", (error) => this.log.info(error.message));
    child.stdout.on("data", (chunk: Buffer) => this.log.info(chunk.toString().trim()));
    await new Promise((resolve) => child.once("close", resolve));
  }

  /** In a process group of its own, which ends as one; it goes on to its end where only the window goes. */
  private spawnInstaller(python: string): ChildProcess {
    const { wheel, requirements, name } = this.shipped;
    const args = ["-I", "-c", RUN_WHEEL, wheel, "build", wheel, requirements, name];
    return spawn(python, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  }

  private async follow(child: ChildProcess, progress: Progress<{ message: string }>): Promise<Command> {
    const closed = once(child, "close");
    let last: Said = {};
    child.stderr?.on("data", (chunk: Buffer) => this.log.warn(chunk.toString().trim()));
    if (child.stdout !== null) {
      for await (const line of createInterface({ input: child.stdout })) {
        last = JSON.parse(line) as Said;
        this.log.info(last.log ?? line);
        if (last.step !== undefined) {
          progress.report({ message: stepName(last.step) });
        }
      }
    }
    await closed;
    if (last.ready !== undefined) {
      return commandOf(last.ready);
    }
    throw new Failed({
      reason: last.reason ?? "environment_not_made",
      message: last.message ?? t("Segue's server could not be set up."),
      action: last.action ?? t("The log says more; try again."),
    });
  }
}

function commandOf(environment: string): Command {
  return { program: join(environment, "bin", "segue"), args: ["lsp"] };
}

/** The first Python that fits; throws `Failed` with what to do where there is none. */
async function findPython(): Promise<string> {
  const configured = workspace.getConfiguration("segue").get("python", "").trim();
  const folders = (workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
  const paths = configured === "" ? candidates(await chosenPython(), process.env["PATH"] ?? "", folders) : [configured];
  const probes: Probe[] = [];
  for (const path of paths.filter(isProgram)) {
    const probe = { path, told: await probed(path) };
    if (isFit(probe)) {
      return path;
    }
    probes.push(probe);
  }
  throw new Failed(unfit(probes, configured));
}

function probed(path: string): Promise<Told | undefined> {
  return new Promise((resolve) => {
    execFile(path, ["-I", "-c", PROBE], { timeout: PROBE_LIMIT_MS }, (error, stdout) => {
      try {
        resolve(error === null ? (JSON.parse(stdout) as Told) : undefined);
      } catch {
        resolve(undefined);
      }
    });
  });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The whole group: the installer with the pip that it runs. */
function end(child: ChildProcess): void {
  if (child.pid !== undefined && child.exitCode === null) {
    try {
      process.kill(-child.pid, "SIGTERM");
    } catch {
      // It ended just now.
    }
  }
}

function stepName(step: NonNullable<Said["step"]>): string {
  switch (step) {
    case "waiting":
      return t("another window is at it; waiting for it");
    case "environment":
      return t("making a Python environment");
    case "packages":
      return t("installing packages");
    case "segue":
      return t("installing the server");
  }
}

function cancelled(): Failure {
  return {
    reason: "setup_cancelled",
    message: t("Segue's server is not set up: you cancelled it."),
    action: t("Nothing of it is used."),
  };
}
