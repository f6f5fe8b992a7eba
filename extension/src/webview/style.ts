/** Looks that the elements share. Theme tokens only, so that every theme and high contrast hold. */

import { css } from "lit";

export const base = css`
  :host {
    display: block;
    color: var(--vscode-foreground);
    font-family: var(--vscode-font-family);
    font-size: var(--vscode-font-size);
  }
  * {
    box-sizing: border-box;
  }
  .quiet {
    color: var(--vscode-descriptionForeground);
  }
  pre,
  code {
    font-family: var(--vscode-editor-font-family, monospace);
    font-size: var(--vscode-editor-font-size, 1em);
    margin: 0;
  }
  pre {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  button.plain,
  .link {
    background: none;
    border: none;
    padding: 0;
    font: inherit;
    text-align: start;
    cursor: pointer;
    color: var(--vscode-textLink-foreground);
    text-decoration: underline;
    overflow-wrap: anywhere;
  }
  button.choice {
    font: inherit;
    cursor: pointer;
    padding: 4px 10px;
    border-radius: 2px;
    color: var(--vscode-button-secondaryForeground);
    background: var(--vscode-button-secondaryBackground);
    border: 1px solid var(--vscode-contrastBorder, var(--vscode-button-border, transparent));
  }
  button.choice:hover {
    background: var(--vscode-button-secondaryHoverBackground);
  }
  :focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: 1px;
  }
`;

export const output = css`
  .output {
    max-height: 24em;
    overflow: auto;
    padding: 6px 8px;
    border: 1px solid var(--vscode-contrastBorder, transparent);
    color: var(--vscode-terminal-foreground, var(--vscode-foreground));
    background: var(--vscode-terminal-background, var(--vscode-textCodeBlock-background));
  }
  .bold {
    font-weight: bold;
  }
  .italic {
    font-style: italic;
  }
  .underline {
    text-decoration: underline;
  }
  .fg-1,
  .fg-9 {
    color: var(--vscode-terminal-ansiRed);
  }
  .fg-2,
  .fg-10 {
    color: var(--vscode-terminal-ansiGreen);
  }
  .fg-3,
  .fg-11 {
    color: var(--vscode-terminal-ansiYellow);
  }
  .fg-4,
  .fg-12 {
    color: var(--vscode-terminal-ansiBlue);
  }
  .fg-5,
  .fg-13 {
    color: var(--vscode-terminal-ansiMagenta);
  }
  .fg-6,
  .fg-14 {
    color: var(--vscode-terminal-ansiCyan);
  }
  .bg-1,
  .bg-9 {
    background: var(--vscode-terminal-ansiRed);
    color: var(--vscode-terminal-background, var(--vscode-editor-background));
  }
  .bg-2,
  .bg-10 {
    background: var(--vscode-terminal-ansiGreen);
    color: var(--vscode-terminal-background, var(--vscode-editor-background));
  }
  .bg-3,
  .bg-11 {
    background: var(--vscode-terminal-ansiYellow);
    color: var(--vscode-terminal-background, var(--vscode-editor-background));
  }
  .diff {
    display: block;
    padding: 0 4px;
  }
  .diff.added {
    background: var(--vscode-diffEditor-insertedLineBackground);
  }
  .diff.removed {
    background: var(--vscode-diffEditor-removedLineBackground);
  }
`;

export const prose = css`
  .prose {
    overflow-wrap: anywhere;
    line-height: 1.45;
  }
  .prose > :first-child {
    margin-top: 0;
  }
  .prose > :last-child {
    margin-bottom: 0;
  }
  .prose pre {
    padding: 6px 8px;
    background: var(--vscode-textCodeBlock-background);
    border: 1px solid var(--vscode-contrastBorder, transparent);
  }
  .prose h1,
  .prose h2,
  .prose h3 {
    font-size: 1.1em;
  }
  .prose .wide {
    overflow-x: auto;
  }
  .prose table {
    border-collapse: collapse;
  }
  .prose th,
  .prose td {
    border: 1px solid var(--vscode-editorWidget-border, var(--vscode-contrastBorder, currentColor));
    padding: 2px 6px;
  }
  .hljs-keyword,
  .hljs-built_in,
  .hljs-tag,
  .hljs-name {
    color: var(--vscode-debugTokenExpression-name);
  }
  .hljs-string,
  .hljs-addition {
    color: var(--vscode-debugTokenExpression-string);
  }
  .hljs-number,
  .hljs-literal {
    color: var(--vscode-debugTokenExpression-number);
  }
  .hljs-comment {
    font-style: italic;
  }
`;
