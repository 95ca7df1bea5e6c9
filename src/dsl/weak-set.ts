/** A set of objects, by hash and likeness, that keeps none of them in memory. */

/** Places of the smallest table. */
const LEAST = 4096;

/**
 * Open addressing. What the collector took is dropped when the table is half full, and what is left decides how large it is from
 * then on: a callback for each object would cost more than the objects do.
 */
export class WeakSetOf<T extends object, Like = T> {
  private hashes = new Int32Array(LEAST);
  private entries = new Array<WeakRef<T> | undefined>(LEAST).fill(undefined);
  private count = 0;

  constructor(private readonly isLike: (member: T, like: Like) => boolean) {}

  /** The member of that hash which is like this. */
  find(hash: number, like: Like): T | undefined {
    const { entries, hashes } = this;
    for (let at = this.home(hash); entries[at] !== undefined; at = this.after(at)) {
      const member = hashes[at] === hash ? entries[at]!.deref() : undefined;
      if (member !== undefined && this.isLike(member, like)) return member;
    }
    return undefined;
  }

  add(hash: number, member: T): void {
    if (2 * this.count >= this.entries.length) this.rebuild();
    this.put(hash, new WeakRef(member));
  }

  private put(hash: number, entry: WeakRef<T>): void {
    let at = this.home(hash);
    while (this.entries[at] !== undefined) at = this.after(at);
    this.hashes[at] = hash;
    this.entries[at] = entry;
    this.count++;
  }

  private home(hash: number): number {
    return Math.imul(hash, 0x9e3779b1) >>> Math.clz32(this.entries.length - 1);
  }

  private after(at: number): number {
    return (at + 1) & (this.entries.length - 1);
  }

  private rebuild(): void {
    const { entries, hashes } = this;
    let living = 0;
    for (let at = 0; at < entries.length; at++) {
      if (entries[at]?.deref() === undefined) entries[at] = undefined;
      else living++;
    }
    const size = Math.max(LEAST, 2 ** Math.ceil(Math.log2(4 * living)));
    this.hashes = new Int32Array(size);
    this.entries = new Array<WeakRef<T> | undefined>(size).fill(undefined);
    this.count = 0;
    for (let at = 0; at < entries.length; at++) {
      const entry = entries[at];
      if (entry !== undefined) this.put(hashes[at], entry);
    }
  }
}
