/**
 * VS Code's merge editor for what could not be merged. That editor saves its result when it is done; so the result is
 * a document in memory, and the file's own buffer takes it from there. Knows texts and the merge editor; decides nothing.
 */

import {
  EventEmitter,
  FileSystemError,
  FileType,
  Uri,
  commands,
  window,
  workspace,
  type FileChangeEvent,
  type FileStat,
  type FileSystemProvider,
} from "vscode";
import type { ProposalView } from "../protocol/generated.ts";
import { Disposable, type Ending } from "../shared/disposable.ts";
import { t } from "../shared/l10n.ts";
import { mergeTexts, type MergeTexts } from "./mergeTexts.ts";

const SCHEME = "segue-merge";

interface Scratch {
  bytes: Uint8Array;
  mtime: number;
  /** The merge editor has written it: *Complete Merge*, or saved by the person. */
  isWritten: boolean;
}

export class Merging extends Disposable implements FileSystemProvider {
  private readonly scratches = new Map<string, Scratch>();
  private readonly changed = this.register(new EventEmitter<FileChangeEvent[]>());
  private number = 0;

  readonly onDidChangeFile = this.changed.event;

  constructor() {
    super();
    this.register(workspace.registerFileSystemProvider(SCHEME, this, { isCaseSensitive: true }));
  }

  /** Have the person merge a proposal in a file that reads `text`; gives what came of it, undefined if nothing did. */
  async merge(proposal: ProposalView, text: string): Promise<string | undefined> {
    const number = ++this.number;
    const texts = mergeTexts(proposal, text);
    const put = (side: keyof MergeTexts) => this.put(`${side}-${number}`, proposal.path, texts[side]);
    const [base, mine, theirs, output] = [put("base"), put("mine"), put("theirs"), put("result")];
    try {
      const input1 = { uri: theirs, title: t("The Agent's") };
      const input2 = { uri: mine, title: t("Yours") };
      await commands.executeCommand("_open.mergeEditor", { base, input1, input2, output });
      await closed(output);
      const { bytes, isWritten } = this.at(output);
      return isWritten ? new TextDecoder().decode(bytes) : undefined;
    } finally {
      [base, mine, theirs, output].forEach((uri) => this.scratches.delete(uri.toString()));
    }
  }

  watch(): Ending {
    return { dispose: () => undefined };
  }

  stat(uri: Uri): FileStat {
    const { bytes, mtime } = this.at(uri);
    return { type: FileType.File, ctime: 0, mtime, size: bytes.length };
  }

  readFile(uri: Uri): Uint8Array {
    return this.at(uri).bytes;
  }

  writeFile(uri: Uri, bytes: Uint8Array): void {
    const { mtime } = this.at(uri);
    this.scratches.set(uri.toString(), { bytes, mtime: mtime + 1, isWritten: true });
  }

  readDirectory(): [] {
    return [];
  }

  createDirectory(uri: Uri): void {
    throw FileSystemError.NoPermissions(uri);
  }

  delete(uri: Uri): void {
    throw FileSystemError.NoPermissions(uri);
  }

  rename(uri: Uri): void {
    throw FileSystemError.NoPermissions(uri);
  }

  private at(uri: Uri): Scratch {
    const scratch = this.scratches.get(uri.toString());
    if (scratch === undefined) {
      throw FileSystemError.FileNotFound(uri);
    }
    return scratch;
  }

  private put(side: string, path: string, text: string): Uri {
    const uri = Uri.from({ scheme: SCHEME, authority: side, path: `/${path}` });
    const bytes = new TextEncoder().encode(text);
    this.scratches.set(uri.toString(), { bytes, mtime: 1, isWritten: false });
    return uri;
  }
}

/** Waits until no tab shows the result any more. A document of it comes and goes before the tab is there. */
function closed(result: Uri): Promise<void> {
  const isShown = () => window.tabGroups.all.some(({ tabs }) => tabs.some(({ input }) => isMergeOf(input, result)));
  let wasShown = isShown();
  return new Promise((resolve) => {
    const watching = window.tabGroups.onDidChangeTabs(() => {
      if (wasShown && !isShown()) {
        watching.dispose();
        resolve();
      }
      wasShown ||= isShown();
    });
  });
}

/** The class of these inputs is not in the stable API; their members are. */
function isMergeOf(input: unknown, result: Uri): boolean {
  const shown = typeof input === "object" && input !== null && "result" in input ? input.result : undefined;
  return shown instanceof Uri && shown.toString() === result.toString();
}
