/** WGSL statements under construction: lines in the order of execution, indented by the blocks they are in. */

export interface Statements {
  readonly lines: string[];
  add(line: string): void;
  /** A name that no line so far has: the letter, and the number of the line. */
  fresh(letter: string): string;
  /** The name of a value that several statements use: what a block around the next line calls it, or a new `let`. */
  shared(text: string, name: (count: number) => string): string;
  /** Blocks that belong together: each begins with its own line (`if (c) {`, `} else {`), and a brace ends the last. */
  blocks(...parts: readonly (readonly [open: string, body: () => void])[]): void;
}

/** `known`: statements that come before, at the same depth. */
export function createStatements(indent: string, known: readonly string[] = []): Statements {
  const lines = [...known];
  const names = new Map<string, string>();
  let margin = indent;

  const add = (line: string): void => void lines.push(margin + line);
  const inner = (body: () => void): void => {
    const before = names.size;
    margin += '  ';
    body();
    margin = margin.slice(2);
    for (const text of [...names.keys()].slice(before)) names.delete(text); // they end with the block
  };

  return {
    lines,
    add,
    fresh: (letter) => `${letter}${lines.length}`,
    shared(text, name) {
      let found = names.get(text);
      if (found === undefined) {
        found = name(names.size);
        names.set(text, found);
        add(`let ${found} = ${text};`);
      }
      return found;
    },
    blocks(...parts) {
      for (const [open, body] of parts) {
        add(open);
        inner(body);
      }
      add('}');
    },
  };
}
