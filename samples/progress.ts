/** A bar on a terminal; elsewhere only the lines that are said. */
import { MultiBar, Presets } from 'cli-progress';

export interface Progress {
  /** Names the work that starts now. */
  begin(label: string): void;
  /** Counts one piece of it as done. */
  done(): void;
  /** Prints a line above the bar. */
  say(line: string): void;
  stop(): void;
}

export function openProgress(total: number): Progress {
  if (!process.stderr.isTTY) {
    return { begin: () => undefined, done: () => undefined, say: (line) => console.log(line), stop: () => undefined };
  }
  // Of the two kinds of bars only the multiple one can print lines above itself.
  const bars = new MultiBar({ format: '{bar} {value}/{total}  {label}', hideCursor: true, clearOnComplete: true }, Presets.shades_classic);
  const bar = bars.create(total, 0, { label: '' });
  return {
    begin: (label) => bar.update({ label }),
    done: () => bar.increment(),
    say: (line) => bars.log(`${line}\n`),
    stop: () => bars.stop(),
  };
}
