/** A real git repository to run journeys on. Knows git; knows nothing of the editor or of Segue. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const FILES = {
  "README.md": "# Greetings\n\nSays hello in several languages.\n",
  "src/greet.py": 'def greet(name):\n    return "Hello, " + name\n\n\ndef part(name):\n    return "Goodbye, " + name\n',
  "src/languages.py": 'HELLO = {\n    "en": "Hello",\n    "fr": "Bonjour",\n    "de": "Hallo",\n}\n',
  "tests/test_greet.py": 'from greet import greet\n\n\ndef test_greets():\n    assert greet("Ada") == "Hello, Ada"\n',
};

export class Repository {
  /** @param {string} path an existing repository */
  constructor(path) {
    this.path = path;
  }

  /** Make one with a first commit on `main` and an identity of its own. */
  static create(path) {
    const repository = new Repository(path);
    mkdirSync(path, { recursive: true });
    repository.git("init", "--quiet", "--initial-branch=main");
    repository.git("config", "user.name", "Ada Journey");
    repository.git("config", "user.email", "ada@example.invalid");
    for (const [name, text] of Object.entries(FILES)) repository.write(name, text);
    repository.commit("Say hello");
    return repository;
  }

  /** Output of one git command, without the newline at its end. */
  git(...args) {
    return execFileSync("git", args, { cwd: this.path, encoding: "utf8" }).replace(/\n$/, "");
  }

  commit(message) {
    this.git("add", "--all");
    this.git("commit", "--quiet", "--message", message);
  }

  write(name, text) {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  read(name) {
    return readFileSync(join(this.path, name), "utf8");
  }
}
