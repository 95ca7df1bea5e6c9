// Runs one bundled test file with uvu, in a process of its own: `node scripts/run-test-file.mjs FILE`.
import path from 'node:path';
import { run } from 'uvu/run';

const file = path.resolve(process.argv[2]);
await run([{ name: path.basename(file), file }]);
// What still holds the event loop (a browser, a GPU device) gets a moment to finish, then the process ends.
setTimeout(() => process.exit(), 1000).unref();
