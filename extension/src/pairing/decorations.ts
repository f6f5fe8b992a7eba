/** Draws the agent's undecided changes in open editors: tint, mark beside the line, what stood there. */

import {
  DecorationRangeBehavior,
  MarkdownString,
  OverviewRulerLane,
  Range,
  ThemeColor,
  Uri,
  window,
  type DecorationOptions,
  type TextDocument,
  type TextEditor,
  type TextEditorDecorationType,
} from "vscode";
import type { HunkView, LinkFileView, ProposalView } from "../protocol/generated.ts";
import { Disposable } from "../shared/disposable.ts";
import { t } from "../shared/l10n.ts";
import { before, isEmpty, linesOf } from "./hunks.ts";
import type { Pairing } from "./pairing.ts";

const DOT = '<circle cx="4" cy="8" r="2.5"/>';
/** Old lines that a hover shows, and characters of each: all of it goes to the editor with every change. */
const HOVER_LINES = 30;
const HOVER_CHARACTERS = 300;

export class HunkDecorations extends Disposable {
  private readonly pairing: Pairing;
  private readonly first = this.register(changedType(bar("#2b7a0b", DOT), bar("#7ec66a", DOT)));
  private readonly rest = this.register(changedType(bar("#2b7a0b"), bar("#7ec66a")));
  private readonly removed = this.register(
    window.createTextEditorDecorationType({
      isWholeLine: true,
      borderStyle: "dashed",
      borderWidth: "1px 0 0 0",
      borderColor: new ThemeColor("editorOverviewRuler.deletedForeground"),
      overviewRulerColor: new ThemeColor("editorOverviewRuler.deletedForeground"),
      overviewRulerLane: OverviewRulerLane.Full,
      gutterIconSize: "contain",
      light: { gutterIconPath: bar("#b3261e", DOT) },
      dark: { gutterIconPath: bar("#f28b82", DOT) },
    }),
  );
  private readonly disputed = this.register(
    window.createTextEditorDecorationType({
      isWholeLine: true,
      backgroundColor: new ThemeColor("merge.incomingContentBackground"),
      overviewRulerColor: new ThemeColor("editorOverviewRuler.warningForeground"),
      overviewRulerLane: OverviewRulerLane.Full,
      gutterIconSize: "contain",
      light: { gutterIconPath: bar("#8a5a00", DOT) },
      dark: { gutterIconPath: bar("#e2b340", DOT) },
    }),
  );

  constructor(pairing: Pairing) {
    super();
    this.pairing = pairing;
    this.register(pairing.onChange(() => this.draw()));
    this.register(window.onDidChangeVisibleTextEditors(() => this.draw()));
    this.draw();
  }

  private draw(): void {
    for (const editor of window.visibleTextEditors.filter(({ document }) => document.uri.scheme === "file")) {
      this.drawIn(editor, this.pairing.fileAt(editor.document.uri)?.file);
    }
  }

  private drawIn(editor: TextEditor, file: LinkFileView | undefined): void {
    const { document } = editor;
    const hunks = (file?.hunks ?? []).filter(({ isWholeFile }) => !isWholeFile);
    const proposals = file?.proposals ?? [];
    const filled = hunks.filter((hunk) => !isEmpty(hunk));
    editor.setDecorations(
      this.first,
      filled.map((hunk) => ghost(document, hunk, hunk.startLine)),
    );
    editor.setDecorations(
      this.rest,
      filled.flatMap((hunk) => otherLines(document, hunk)),
    );
    editor.setDecorations(
      this.removed,
      hunks.filter(isEmpty).map((hunk) => ghost(document, hunk, hunk.startLine)),
    );
    editor.setDecorations(
      this.disputed,
      proposals.map((proposal) => disputedLines(document, proposal)),
    );
  }
}

/** The lines of a change behind its first one. */
function otherLines(document: TextDocument, hunk: HunkView): readonly DecorationOptions[] {
  const last = clamp(document, hunk.endLine - 1);
  return last > hunk.startLine ? [{ range: new Range(hunk.startLine + 1, 0, last, 0) }] : [];
}

/** A line with what stood there before behind it. */
function ghost(document: TextDocument, hunk: HunkView, line: number): DecorationOptions {
  const at = clamp(document, line);
  const range = new Range(at, 0, at, document.lineAt(at).text.length);
  const text = before(hunk);
  if (text === "") {
    return { range };
  }
  const after = {
    contentText: text,
    color: new ThemeColor("editorCodeLens.foreground"),
    fontStyle: "italic",
    margin: "0 0 0 3ch",
  };
  return {
    range,
    hoverMessage: codeBlock(document, t("Before the agent's change:"), hunk.oldText),
    renderOptions: { after },
  };
}

function disputedLines(document: TextDocument, proposal: ProposalView): DecorationOptions {
  const start = clamp(document, proposal.startLine);
  const end = Math.max(start, clamp(document, proposal.endLine - 1));
  return {
    range: new Range(start, 0, end, 0),
    hoverMessage: codeBlock(document, t("The agent wants:"), proposal.theirs),
  };
}

function codeBlock(document: TextDocument, title: string, text: string): MarkdownString {
  const lines = linesOf(text);
  const short = lines
    .slice(0, HOVER_LINES)
    .map((line) => (line.length > HOVER_CHARACTERS ? `${line.slice(0, HOVER_CHARACTERS)}…` : line));
  const shown = new MarkdownString().appendText(title).appendCodeblock(short.join("\n"), document.languageId);
  const missing = lines.length - HOVER_LINES;
  return missing > 0 ? shown.appendText(t("… {0} more lines", missing)) : shown;
}

function clamp(document: TextDocument, line: number): number {
  return Math.max(0, Math.min(line, document.lineCount - 1));
}

function changedType(light: Uri, dark: Uri): TextEditorDecorationType {
  return window.createTextEditorDecorationType({
    isWholeLine: true,
    rangeBehavior: DecorationRangeBehavior.ClosedClosed,
    backgroundColor: new ThemeColor("diffEditor.insertedLineBackground"),
    overviewRulerColor: new ThemeColor("editorOverviewRuler.addedForeground"),
    overviewRulerLane: OverviewRulerLane.Full,
    gutterIconSize: "contain",
    light: { gutterIconPath: light },
    dark: { gutterIconPath: dark },
  });
}

/** A mark for the gutter: a bar, with a dot where a change begins; told so from the editor's own bars. */
function bar(color: string, dot = ""): Uri {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="${color}"><rect x="9" width="3" height="16"/>${dot}</svg>`;
  return Uri.parse(`data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`);
}
