/** Asking for a prompt: one line in a box, or as long as it takes in an editor. Knows the window; sends nothing. */

import {
  commands,
  InputBoxValidationSeverity,
  ThemeIcon,
  window,
  workspace,
  type InputBox,
  type QuickInputButton,
  type TextDocument,
} from "vscode";
import { Disposable } from "../shared/disposable.ts";
import { Cancelled } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";

export interface PromptQuestion {
  readonly title: string;
  /** What a prompt is for this agent. */
  readonly hint: string;
  /** What to know before work starts, in whole sentences. */
  readonly notes: readonly string[];
  readonly languageId: string;
  /** Whether a plan is wanted first, where it can be: a button of the box changes that. */
  readonly planning?: { isFirst: boolean };
}

interface Open {
  readonly document: TextDocument;
  readonly settle: (text: string | undefined) => void;
}

/** A prompt is asked for in at most one editor per document; `segue.sendPrompt` in it, or closing it, settles that. */
export class PromptEditor extends Disposable {
  private readonly open = new Map<string, Open>();
  private draft = "";

  constructor() {
    super();
    this.register(window.onDidChangeActiveTextEditor(() => this.announce()));
    this.register(workspace.onDidCloseTextDocument(({ uri }) => this.settle(uri.toString(), undefined)));
    this.register({ dispose: () => [...this.open.keys()].forEach((key) => this.settle(key, undefined)) });
  }

  /** Ask for a prompt, not empty, and send it; one that could not be sent stands there the next time. */
  async askAndSend<T>(question: PromptQuestion, send: (prompt: string) => Thenable<T>): Promise<T> {
    const text = await this.ask(question);
    this.draft = text;
    const result = await send(text);
    this.draft = "";
    return result;
  }

  private async ask(question: PromptQuestion): Promise<string> {
    const { draft } = this;
    const isLong = draft.includes("\n");
    const { text, isForEditor } = isLong ? { text: draft, isForEditor: true } : await askInBox(question, draft);
    const answer = isForEditor ? await this.askInEditor(question, text) : text;
    if (answer === undefined || answer.trim() === "") {
      throw new Cancelled();
    }
    return answer;
  }

  /** Send what the active prompt editor holds; false where the active editor is none. */
  async submit(): Promise<boolean> {
    const key = window.activeTextEditor?.document.uri.toString() ?? "";
    const open = this.open.get(key);
    if (open === undefined) {
      return false;
    }
    this.settle(key, open.document.getText());
    await commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    return true;
  }

  private async askInEditor({ languageId }: PromptQuestion, content: string): Promise<string | undefined> {
    const document = await workspace.openTextDocument({ language: languageId, content });
    const answer = new Promise<string | undefined>((settle) => {
      this.open.set(document.uri.toString(), { document, settle });
    });
    await window.showTextDocument(document);
    this.announce();
    return answer;
  }

  private settle(key: string, text: string | undefined): void {
    const open = this.open.get(key);
    this.open.delete(key);
    open?.settle(text);
    this.announce();
  }

  private announce(): void {
    const isPrompt = this.open.has(window.activeTextEditor?.document.uri.toString() ?? "");
    void commands.executeCommand("setContext", "segue.isPromptEditor", isPrompt);
  }
}

interface BoxAnswer {
  readonly text: string;
  readonly isForEditor: boolean;
}

/** What the box does, and whether a plan comes first. */
function tell(box: InputBox, { planning }: PromptQuestion): void {
  const lines = t("One line; the pencil opens an editor for more.");
  const plan = planning?.isFirst === true ? t("Plan first: nothing is done before you approve.") : "";
  box.prompt = [plan, lines].filter(Boolean).join(" ");
}

function planButton({ planning }: PromptQuestion): readonly QuickInputButton[] {
  const iconPath = new ThemeIcon("checklist");
  return planning === undefined ? [] : [{ iconPath, tooltip: t("Plan first, or do it at once") }];
}

function askInBox(question: PromptQuestion, draft: string): Promise<BoxAnswer> {
  const box = window.createInputBox();
  const toEditor = { iconPath: new ThemeIcon("edit"), tooltip: t("Write the prompt in an editor, in several lines") };
  box.title = question.title;
  box.placeholder = question.hint;
  tell(box, question);
  box.value = draft;
  box.ignoreFocusOut = true;
  const toPlan = planButton(question);
  box.buttons = [...toPlan, toEditor];
  if (question.notes.length > 0) {
    box.validationMessage = { message: question.notes.join(" "), severity: InputBoxValidationSeverity.Info };
  }
  return new Promise<BoxAnswer>((resolve, reject) => {
    box.onDidAccept(() => {
      if (box.value.trim() !== "") {
        resolve({ text: box.value, isForEditor: false });
      }
    });
    box.onDidTriggerButton((button) => {
      if (button === toEditor) {
        resolve({ text: box.value, isForEditor: true });
      } else if (question.planning !== undefined) {
        question.planning.isFirst = !question.planning.isFirst;
        tell(box, question);
      }
    });
    box.onDidHide(() => reject(new Cancelled()));
    box.show();
  }).finally(() => box.dispose());
}
