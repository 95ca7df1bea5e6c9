/** The variables of a kernel while it is lowered, and what they stand for at one place of its text. */
import type { Term } from './terms.ts';

/** A variable, an element of a local array, or a flag of the control flow. Identity is all that counts. */
export interface Variable {
  readonly name: string;
  readonly constant: boolean;
}

/** What every variable stands for here. A fork sees its origin and keeps its own changes. */
export class State {
  private readonly own = new Map<Variable, Term>();

  constructor(private readonly origin?: State) {}

  get(v: Variable): Term | undefined {
    return State.find(this, v);
  }

  private static find(from: State, v: Variable): Term | undefined {
    for (let s: State | undefined = from; s; s = s.origin) {
      const found = s.own.get(v);
      if (found) return found;
    }
    return undefined;
  }

  /** The first of the origins, or the state itself, that has the variable of its own. */
  private static first(from: State, v: Variable): State {
    let first = from;
    for (let s: State | undefined = from; s; s = s.origin) if (s.own.has(v)) first = s;
    return first;
  }

  set(v: Variable, term: Term): void {
    this.own.set(v, term);
  }

  /** Makes a variable known wherever `beside` is. */
  declare(v: Variable, term: Term, beside: Variable): void {
    State.first(this, beside).own.set(v, term);
  }

  fork(): State {
    return new State(this);
  }

  /** Everything that is known here. */
  all(): Map<Variable, Term> {
    return new Map([...(this.origin?.all() ?? []), ...this.own]);
  }

  /** Variables that were set since the fork, with those that were made since. */
  get changed(): readonly Variable[] {
    return [...this.own.keys()];
  }
}
