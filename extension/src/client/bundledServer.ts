/** The server that the VSIX carries, and where its environment belongs. Knows paths and files; runs nothing. */

import { accessSync, constants, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Environment } from "./environment.ts";

export interface Shipped {
  readonly version: string;
  /** `<version>-<hash>`: what an environment of it is called. */
  readonly name: string;
  readonly wheel: string;
  readonly requirements: string;
}

/** What lies in `folder`; undefined in an extension that was built without a server. */
export function readShipped(folder: string): Shipped | undefined {
  try {
    const facts = JSON.parse(readFileSync(join(folder, "server.json"), "utf8")) as Shipped;
    return { ...facts, wheel: join(folder, facts.wheel), requirements: join(folder, "requirements.txt") };
  } catch {
    return undefined;
  }
}

/** The same rules as the server's own (`places.py`), so that a window whose environment stands starts no Python first. */
export function dataDirectory(environment: Environment, platform: NodeJS.Platform, home: string): string {
  const { SEGUE_DATA_DIR: named, XDG_DATA_HOME: shared } = environment;
  if (named?.startsWith("/") === true) {
    return named.replace(/(?<=.)\/+$/, "");
  }
  if (shared?.startsWith("/") === true) {
    return join(shared, "segue");
  }
  return platform === "darwin" ? join(home, "Library/Application Support/Segue") : join(home, ".local/share/segue");
}

/** Segue's, in this window's environment. */
export function ownDataDirectory(): string {
  return dataDirectory(process.env, process.platform, process.env["HOME"] ?? homedir());
}

/** The folder of all environments. */
export function environmentsFolder(): string {
  return join(ownDataDirectory(), "server");
}

/** Built to its end, and its Python is still there. */
export function isComplete(environment: string): boolean {
  try {
    accessSync(join(environment, ".complete"));
    accessSync(join(environment, "bin", "python"), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
