/** Which program is the server. Knows settings' values and PATH; asks the disk only through what it is given. */

import { delimiter, join } from "node:path";
import type { Environment } from "./environment.ts";

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** Where installers put programs that a window started from a desktop does not have on its PATH. */
const USUAL = [".local/bin", ".local/share/segue/bin"];

/**
 * The configured command, else `segue` from PATH or the usual folders, with `lsp` behind it; undefined where there is
 * none. `exists` says whether a path is a file that can be run.
 */
export function serverCommand(
  configured: readonly string[],
  environment: Environment,
  exists: (path: string) => boolean,
): Command | undefined {
  const [program, ...args] = configured;
  if (program !== undefined) {
    return { program, args: [...args, "lsp"] };
  }
  const home = environment["HOME"] ?? environment["USERPROFILE"];
  const folders = [
    ...(environment["PATH"] ?? "").split(delimiter),
    ...(home === undefined ? [] : USUAL.map((folder) => join(home, folder))),
  ];
  const names = process.platform === "win32" ? ["segue.exe", "segue.cmd"] : ["segue"];
  const candidates = folders.filter(Boolean).flatMap((folder) => names.map((name) => join(folder, name)));
  const found = candidates.find(exists);
  return found === undefined ? undefined : { program: found, args: ["lsp"] };
}
