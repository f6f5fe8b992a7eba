/** Where keys go while a command opens something to write in: never into the code. */

import {
  commands,
  Range,
  window,
  workspace,
  type QuickPickItem,
  type QuickPickOptions,
  type TextDocument,
  type TextEditor,
} from "vscode";
import { TypedAhead, type Stretch } from "../pairing/typedAhead.ts";
import type { Ending } from "../shared/disposable.ts";
import { Cancelled } from "../shared/failure.ts";

/** A list that nothing took the focus from is closed after that. */
const PATIENCE_MS = 3_000;
/** How often typed text is taken out where an agent writes into the same file at that moment. */
const TRIES = 20;

/** A message is on the screen a moment after it was asked for: the focus is given to it after each of these. */
const MESSAGE_MS = [50, 150, 300];

/** Keeps changes of a document from the server, which would take them for decisions, until the end is called. */
export type Hold = (document: TextDocument) => () => Promise<void>;

/**
 * Takes the focus out of the code at once, before `run` does `act` in its turn, and what `act` opens takes the focus.
 * Where the user cancels it, the focus goes back to the code. Where it fails, the message about that gets the focus,
 * since the user may still type, and Escape gives it back. Keys typed in between are dropped. The key bindings do the same before the
 * command reaches the extension; from the palette or a lens it takes a moment, and what was typed into the code by then
 * is taken out again, with the server not told of it. So nothing may be awaited before this.
 */
export async function outOfCode(
  act: () => Promise<void>,
  run: (act: () => Promise<void>) => Promise<void>,
  hold: Hold,
): Promise<void> {
  const left = leaveCode(hold);
  try {
    await run(async () => {
      await left;
      await act();
    });
  } catch (failed) {
    if (failed instanceof Cancelled) {
      await commands.executeCommand("workbench.action.focusActiveEditorGroup");
    } else {
      void focusMessage();
    }
    throw failed;
  }
}

async function focusMessage(): Promise<void> {
  for (const ms of MESSAGE_MS) {
    await pause(ms);
    await commands.executeCommand("notifications.focusToasts");
  }
}

async function leaveCode(hold: Hold): Promise<void> {
  const editor = window.activeTextEditor;
  const release = editor === undefined ? undefined : hold(editor.document);
  const typed = editor === undefined ? undefined : listen(editor);
  try {
    await commands.executeCommand("workbench.action.blur");
    // The editor refuses an edit that another one overtook: then it is due once more.
    for (let tries = 0; editor !== undefined && tries < TRIES; tries += 1) {
      const stretch = typed?.ahead.stretch;
      if (stretch === undefined || (await takeOut(editor, stretch))) {
        break;
      }
    }
  } finally {
    typed?.ending.dispose();
    await release?.();
  }
}

function listen({ document, selection }: TextEditor): { readonly ahead: TypedAhead; readonly ending: Ending } {
  const [start, end] = [document.offsetAt(selection.start), document.offsetAt(selection.end)];
  const ahead = new TypedAhead(document.getText(), { start, end });
  const ending = workspace.onDidChangeTextDocument((event) => {
    if (event.document === document) {
      event.contentChanges.forEach((change) => ahead.change(change));
    }
  });
  return { ahead, ending };
}

function takeOut(editor: TextEditor, { start, end, before }: Stretch): Thenable<boolean> {
  const { document } = editor;
  const range = new Range(document.positionAt(start), document.positionAt(end));
  return editor.edit((builder) => builder.replace(range, before), { undoStopBefore: false, undoStopAfter: false });
}

/**
 * Ask for one of `items`, and keep the list with the focus until what `open` opens has taken it: a list that closes
 * before gives the focus to the code. Throws `Cancelled` when none is picked.
 */
export async function pickAndOpen<T extends QuickPickItem>(
  items: readonly T[],
  { title, placeHolder }: Pick<QuickPickOptions, "title" | "placeHolder">,
  open: (item: T) => Promise<void> | void,
): Promise<void> {
  const pick = window.createQuickPick<T>();
  pick.items = items;
  pick.title = title;
  pick.placeholder = placeHolder;
  pick.matchOnDescription = true;
  pick.ignoreFocusOut = true;
  const hidden = new Promise<undefined>((resolve) => pick.onDidHide(() => resolve(undefined)));
  const accepted = new Promise<T | undefined>((resolve) => pick.onDidAccept(() => resolve(pick.selectedItems[0])));
  try {
    pick.show();
    const item = await Promise.race([accepted, hidden]);
    if (item === undefined) {
      throw new Cancelled();
    }
    pick.ignoreFocusOut = false;
    pick.busy = true;
    await open(item);
    await Promise.race([hidden, pause(PATIENCE_MS)]);
  } finally {
    pick.dispose();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
