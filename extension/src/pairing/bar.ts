/** The linked session in the status bar, what keys may ask of it, and what those who cannot see are told. */

import {
  commands,
  MarkdownString,
  ProgressLocation,
  StatusBarAlignment,
  window,
  workspace,
  type TextEditor,
} from "vscode";
import { Disposable } from "../shared/disposable.ts";
import { t } from "../shared/l10n.ts";
import { iconless } from "../shared/text.ts";
import { count, markAt } from "./hunks.ts";
import type { Pairing } from "./pairing.ts";
import { prose } from "./words.ts";

const TITLE = 30;

export class PairingBar extends Disposable {
  private readonly pairing: Pairing;
  private readonly item = this.register(window.createStatusBarItem("segue.pairing", StatusBarAlignment.Left, 49));

  constructor(pairing: Pairing) {
    super();
    this.pairing = pairing;
    this.item.name = t("Segue: pairing");
    this.item.command = "segue.switch";
    this.register(pairing.onChange(() => this.render()));
    this.register(window.onDidChangeTextEditorSelection(({ textEditor }) => this.setContext(textEditor)));
    this.register(window.onDidChangeActiveTextEditor((editor) => this.setContext(editor)));
    this.render();
  }

  private render(): void {
    const { sessions, links } = this.pairing;
    const [session] = sessions;
    this.setContext(window.activeTextEditor);
    if (session === undefined) {
      this.item.hide();
      return;
    }
    const isWorking = session.state === "running" || session.state === "creating";
    const undecided = count(links);
    const whole = iconless(session.title);
    const title = whole.length > TITLE ? `${whole.slice(0, TITLE)}…` : whole;
    this.item.text = `$(${isWorking ? "sync~spin" : "link"}) ${title} · ${t("in editor")} · ${undecided}`;
    const about = t("Pairing with {0}. Click to send it to the background.", prose(session.agent));
    const tooltip = new MarkdownString(`${about}\n\n[${t("What can be done…")}](command:segue.pairing)`);
    tooltip.isTrusted = { enabledCommands: ["segue.pairing"] };
    this.item.tooltip = tooltip;
    const label = t("Pairing in the editor: {0}, {1}. Sends it to the background.", title, undecided);
    this.item.accessibilityInformation = { label, role: "button" };
    this.item.show();
  }

  private setContext(editor: TextEditor | undefined): void {
    const { marks, sessions } = this.pairing;
    const mark = markAt(marks, this.pairing.placeOf(editor));
    void commands.executeCommand("setContext", "segue.isPairing", sessions.length > 0);
    void commands.executeCommand("setContext", "segue.isUndecided", marks.length > 0);
    void commands.executeCommand("setContext", "segue.atMark", mark?.kind ?? "none");
  }
}

/** Say something without taking the focus: in the status bar, and aloud where a screen reader is on. */
export function announce(text: string): void {
  void window.setStatusBarMessage(iconless(text), 5_000);
  if (workspace.getConfiguration("editor").get("accessibilitySupport") === "on") {
    void window.withProgress({ location: ProgressLocation.Notification, title: text }, () => pause(1_500));
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
