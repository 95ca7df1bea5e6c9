// Common entry of every npm script: `node scripts/with-install.mjs COMMAND ARG...`.
// Installs the development packages when they are missing or older than the lockfile, then runs COMMAND with
// node_modules/.bin on its PATH. Uses node builtins only, so that it works on a fresh checkout.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '..');
const windows = process.platform === 'win32';

function exitCode(command, args) {
  const child = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: windows, env: withBinaries(process.env) });
  if (child.error) console.error(child.error.message);
  return child.status ?? 1;
}

function withBinaries(env) {
  const key = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  return { ...env, [key]: path.join(root, 'node_modules', '.bin') + path.delimiter + (env[key] ?? '') };
}

/** Whether npm's own record of what is installed agrees with the lockfile. */
function upToDate() {
  const record = path.join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const packagesIn = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const installed = packagesIn(record);
  return Object.entries(packagesIn(path.join(root, 'package-lock.json'))).every(([name, { version, optional }]) =>
    name === '' || (installed[name] ? installed[name].version === version : optional));
}

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  console.error(`Weft needs Node 20 or newer; this is Node ${process.versions.node}.`);
  process.exit(1);
}
if (!upToDate()) {
  // An existing folder is brought up to date in place: other commands may be running from it.
  const install = existsSync(path.join(root, 'node_modules')) ? ['install', '--no-save'] : ['ci'];
  console.error(`Installing the development packages (npm ${install[0]}) ...`);
  const code = exitCode('npm', [...install, '--no-audit', '--no-fund', '--loglevel=error']);
  if (code !== 0) process.exit(code);
}
const [command, ...args] = process.argv.slice(2);
process.exit(command === undefined ? 0 : exitCode(command, args));
