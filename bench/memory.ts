/**
 * How large a process becomes that holds the inputs of a workload and computes it once. It is one of its own: memory that one
 * contender gave back to its allocator another would find there.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { contendersOf, onOneThread, openCompany, oracleOf, WEFT_ONE } from './contenders.ts';
import { PLAIN_JS, WEFT, type Contender, type Job, type Size } from './workload.ts';

const OTHER_PROCESSES = ['C', 'Numba'];
const MARK = 'peak bytes: ';

export interface Wanted {
  readonly workload: string;
  readonly size: Size;
  readonly contender: string;
  readonly of: string;
  readonly threads: number;
}

/** In bytes; undefined where the system does not tell. */
export function peakMemory({ workload, contender, of, size, threads }: Wanted): number | undefined {
  const args = [workload, '--peak', contender, '--peak-of', of, '--size', size, '--threads', `${threads}`];
  const { stdout } = spawnSync(process.execPath, ['--expose-gc', process.argv[1], ...args], { encoding: 'utf8' });
  const line = stdout.split('\n').find((text) => text.startsWith(MARK));
  return line ? Number(line.slice(MARK.length)) : undefined;
}

/** What the process that `peakMemory` started does. */
export async function tellPeak(job: Job, name: string, of: string, threads: number): Promise<void> {
  const company = await openCompany({ threads, peers: of === PLAIN_JS || of === WEFT ? [] : [of], webgpu: name.includes('webgpu'), unfused: true });
  const oracle = oracleOf(job);
  const tell = async (contender: Contender) => {
    const bytes = await peakOf(contender);
    if (bytes !== undefined) console.log(`${MARK}${bytes}`);
    await contender.close?.();
  };
  if (name === PLAIN_JS) return await tell(oracle);
  if (name === WEFT_ONE) return await onOneThread(threads, job, tell);
  // Another process has to be told what results look like; whoever computes in this one must not find the oracle's memory.
  if (OTHER_PROCESSES.includes(of)) await oracle.run();
  const all = contendersOf(company, job, await oracle.results());
  for (const c of all) if (c.name !== name) await c.close?.();
  for (const c of all) if (c.name === name) await tell(c);
  for (const peer of company.peers) await peer.close?.();
}

/** Linux keeps the largest resident size of every process, and forgets it when told so: making inputs does not count. */
async function peakOf(contender: Contender): Promise<number | undefined> {
  const pid = await contender.process?.() ?? process.pid;
  globalThis.gc?.();
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    return undefined; // not Linux
  }
  await contender.run();
  const kilobytes = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return kilobytes ? 1024 * Number(kilobytes[1]) : undefined;
}
