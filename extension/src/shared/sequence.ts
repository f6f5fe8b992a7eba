/** Things done one after the other, in the order in which they were asked for. Knows nothing of what they are. */

export class Order {
  private last: Promise<unknown> = Promise.resolve();

  /** Runs once everything that was asked for before is done, whether or not it failed. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const done = this.last.then(task);
    this.last = done.catch(() => undefined);
    return done;
  }

  /** Resolves once everything that was asked for before is done, and lets what comes later go first. */
  async settled(): Promise<void> {
    await this.last;
  }
}
