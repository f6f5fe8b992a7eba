/** A report of a problem: gathered, shown, and only then saved where the person says. Knows what it holds; sends nothing. */

import { closeSync, createWriteStream, fstatSync, openSync, readSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { commands, env, ThemeIcon, Uri, version, window, workspace, type QuickPickItem } from "vscode";
import { ZipFile } from "yazl";
import { ownDataDirectory } from "../client/bundledServer.ts";
import { doctor, status } from "../protocol/generated.ts";
import { Cancelled, failureOf } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { redact } from "../shared/redact.ts";
import type { Context } from "./context.ts";

/** Bytes of a log's end. */
const TAIL = 256 * 1024;

interface Part {
  readonly name: string;
  readonly about: string;
  readonly text: string;
}

export async function reportProblem(context: Context): Promise<void> {
  const options = { location: { viewId: "segue.sessions" }, title: t("Gathering a report") };
  const parts = await window.withProgress(options, () => gather(context));
  const chosen = await choose(parts);
  const target = await window.showSaveDialog({
    title: t("Save the Report"),
    defaultUri: Uri.file(join(homedir(), `segue-report-${new Date().toISOString().slice(0, 10)}.zip`)),
    filters: { Zip: ["zip"] },
  });
  if (target === undefined) {
    throw new Cancelled();
  }
  await save(target.fsPath, chosen);
  const show = t("Show File");
  const text = t("The report is saved. Nothing was sent; look at it before you give it to anyone.");
  const offer = Promise.resolve(window.showInformationMessage(text, show)).then((answer) =>
    answer === show ? commands.executeCommand("revealFileInOS", target) : undefined,
  );
  context.reporter.report(offer, t("showing the report"));
}

async function gather(context: Context): Promise<readonly Part[]> {
  const known = { environment: process.env, home: homedir() };
  const logs = join(ownDataDirectory(), "logs");
  const parts: Part[] = [
    { name: "report.md", about: t("versions, names of settings, the doctor's findings"), text: await facts(context) },
    { name: "window.log", about: t("the end of this window's log"), text: tail(context.logFile) },
    { name: "daemon.log", about: t("the end of the server's log"), text: tail(join(logs, "daemon.log")) },
    { name: "start.log", about: t("what the server printed when it started"), text: tail(join(logs, "start.log")) },
  ];
  return parts.filter(({ text }) => text !== "").map((part) => ({ ...part, text: redact(part.text, known) }));
}

async function facts({ server, extensionVersion, settingNames }: Context): Promise<string> {
  const configuration = workspace.getConfiguration();
  const settings = settingNames.filter((name) => {
    const found = configuration.inspect(name);
    return found?.globalValue !== undefined || found?.workspaceValue !== undefined;
  });
  const lines = [
    "# Segue: report of a problem",
    `- extension ${extensionVersion}, ${env.appName} ${version}, ${env.remoteName ?? "local"}`,
    `- ${process.platform} ${process.arch}, Node ${process.version}`,
    `- settings that are set (names only): ${settings.join(", ") || "none"}`,
    `- server: ${server.state.kind}`,
  ];
  if (server.state.kind !== "running") {
    return lines.join("\n");
  }
  try {
    const [how, { checks }] = await Promise.all([server.request(status, {}), server.request(doctor, {})]);
    const { version: of, protocol, uptimeS, clients, sessions, running, waiting } = how;
    lines.push(`- daemon ${of}, protocol ${protocol}, up ${Math.round(uptimeS)} s, ${clients} clients`);
    lines.push(`- sessions: ${sessions}, ${running} running, ${waiting} waiting`, "", "## Doctor");
    lines.push(...checks.map((check) => `- ${check.status} ${check.name}: ${check.message} ${check.action}`));
  } catch (error) {
    lines.push(`- the server did not answer: ${failureOf(error).message}`);
  }
  return lines.join("\n");
}

function tail(path: string): string {
  try {
    const file = openSync(path, "r");
    try {
      const { size } = fstatSync(file);
      const length = Math.min(size, TAIL);
      const bytes = Buffer.alloc(length);
      readSync(file, bytes, 0, length, size - length);
      return bytes.toString();
    } finally {
      closeSync(file);
    }
  } catch {
    return ""; // there is none
  }
}

interface PartItem extends QuickPickItem {
  readonly part: Part;
}

/** All contents with their sizes, each to be read first and to be left out. */
function choose(parts: readonly Part[]): Promise<readonly Part[]> {
  const read = { iconPath: new ThemeIcon("eye"), tooltip: t("Read It") };
  const pick = window.createQuickPick<PartItem>();
  pick.title = t("Report a Problem — what goes into the file");
  pick.placeholder = t("Secrets are removed. Leave out what you do not want to give away");
  pick.canSelectMany = true;
  pick.ignoreFocusOut = true;
  pick.items = parts.map((part) => ({
    label: part.name,
    description: `${(Buffer.byteLength(part.text) / 1024).toFixed(1)} KiB`,
    detail: part.about,
    buttons: [read],
    part,
  }));
  pick.selectedItems = pick.items;
  return new Promise((resolve, reject) => {
    pick.onDidTriggerItemButton(({ item }) => {
      void workspace
        .openTextDocument({ content: item.part.text })
        .then((document) => window.showTextDocument(document));
    });
    pick.onDidAccept(() => {
      resolve(pick.selectedItems.map(({ part }) => part));
      pick.hide();
    });
    pick.onDidHide(() => {
      reject(new Cancelled());
      pick.dispose();
    });
    pick.show();
  });
}

async function save(path: string, parts: readonly Part[]): Promise<void> {
  const zip = new ZipFile();
  for (const { name, text } of parts) {
    zip.addBuffer(Buffer.from(text), name);
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path, { mode: 0o600 }));
}
