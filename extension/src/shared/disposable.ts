/** Ownership of things that must end. Knows nothing of what they are. */

export interface Ending {
  dispose(): unknown;
}

/** Whatever listens extends this and registers what it holds; `dispose` ends it in reverse order, once. */
export abstract class Disposable implements Ending {
  private readonly owned: Ending[] = [];

  dispose(): void {
    for (const ending of this.owned.splice(0).reverse()) {
      ending.dispose();
    }
  }

  protected register<T extends Ending>(ending: T): T {
    this.owned.push(ending);
    return ending;
  }
}
