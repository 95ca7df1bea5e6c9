// Unpacks what the npm package @sparticuz/chromium carries: SwiftShader (a Vulkan driver that runs on the CPU, with
// its Vulkan loader) and a headless Chromium. It lets a Linux x64 machine with nothing installed run the WebGPU and
// browser tests.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '..');
const cache = path.join(root, 'node_modules', '.cache', 'weft');

function archives() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  try {
    const main = createRequire(path.join(root, 'package.json')).resolve('@sparticuz/chromium');
    const folder = main.slice(0, main.lastIndexOf('chromium') + 'chromium'.length);
    const bin = path.join(folder, 'bin');
    return existsSync(bin) ? bin : null;
  } catch {
    return null;
  }
}

/** Runs `fill` on a fresh folder and moves it to `name` in the cache in one step, so that parallel runs agree. */
function cachedFolder(name, fill) {
  const target = path.join(cache, name);
  if (existsSync(target)) return target;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(path.join(cache, `${name}-`));
  try {
    fill(fresh);
    renameSync(fresh, target);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

function untar(archive, folder) {
  const input = brotliDecompressSync(readFileSync(archive));
  const tar = spawnSync('tar', ['-x', '--no-same-owner', '-C', folder, '-f', '-'], { input });
  if (tar.status !== 0) throw new Error(`tar could not unpack ${path.basename(archive)}: ${tar.stderr ?? tar.error}`);
}

/** Folder with vk_swiftshader_icd.json, libvk_swiftshader.so and libvulkan.so.1, or null where there is none. */
export function unpackSwiftShader() {
  const bin = archives();
  if (!bin) return null;
  return cachedFolder('swiftshader', (folder) => untar(path.join(bin, 'swiftshader.tar.br'), folder));
}

/** Headless Chromium: its executable and the folder of shared libraries it may miss, or null where there is none. */
export function unpackChromium() {
  const bin = archives();
  if (!bin) return null;
  const folder = cachedFolder('chromium', (fresh) => {
    const executable = brotliDecompressSync(readFileSync(path.join(bin, 'chromium.br')));
    writeFileSync(path.join(fresh, 'chromium'), executable, { mode: 0o755 });
    for (const part of ['swiftshader.tar.br', 'al2023.tar.br']) untar(path.join(bin, part), fresh);
  });
  return { executable: path.join(folder, 'chromium'), libraries: path.join(folder, 'lib') };
}
