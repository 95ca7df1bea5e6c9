// How Node gets a WebGPU adapter. The npm package `webgpu` (Dawn) needs a Vulkan driver on Linux; this file finds one
// and says with which environment a process must be started to use it. Each candidate is tried in a process of its own,
// because a driver that Dawn does not support may end the process.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { unpackSwiftShader } from './bundled-chromium.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const probe = path.join(here, 'probe-webgpu.mjs');
const chromiumFolders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
const icdFolders = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];

/**
 * Finds a Vulkan driver that Dawn can use.
 * @returns {{ env: Record<string, string>, adapter: object | null, driver: string, tried: string[] }}
 *   `env`: variables to add to a child process; `adapter`: what the adapter says of itself, null when none works;
 *   `tried`: one line for each candidate that did not work.
 */
export function findAdapter() {
  const tried = [];
  for (const { driver, env } of candidates()) {
    const child = spawnSync(process.execPath, [probe], {
      env: { ...process.env, ...env }, encoding: 'utf8', timeout: 30_000,
    });
    if (child.status === 0) {
      const adapter = JSON.parse(child.stdout.trim().split('\n').at(-1));
      return { env, adapter, driver, tried };
    }
    tried.push(`${driver}: ${reasonOf(child)}`);
  }
  return { env: {}, adapter: null, driver: 'none', tried };
}

/** One line for people: which adapter is used, or why there is none. */
export function describeAdapter({ adapter, driver, tried }) {
  if (!adapter) return `WebGPU in Node: no adapter (${tried.join('; ')})`;
  const f16 = adapter.features.includes('shader-f16') ? ', float16' : '';
  const subgroups = adapter.features.includes('subgroups') ? `, subgroups of ${adapter.subgroupMinSize}` : '';
  return `WebGPU in Node: ${adapter.name} (${driver}${f16}${subgroups})`;
}

function reasonOf(child) {
  if (child.error) return child.error.message;
  if (child.signal) return `ended by ${child.signal}`;
  return child.stdout.trim().split('\n').at(-1) || `exit code ${child.status}`;
}

function* candidates() {
  if (process.platform !== 'linux') {
    yield { driver: 'system', env: {} };
    return;
  }
  const base = { XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR || os.tmpdir(), ...loaderPath() };
  if (process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES) {
    yield { driver: 'VK_DRIVER_FILES', env: base };
  }
  if (icdFolders.some((folder) => icdFiles(folder, /\.json$/).length > 0)) yield { driver: 'system Vulkan', env: base };
  for (const file of icdFolders.flatMap((folder) => icdFiles(folder, /^lvp_icd.*\.json$/))) {
    yield { driver: 'Mesa lavapipe', env: { ...base, VK_DRIVER_FILES: file } };
  }
  for (const folder of chromiumFolders) {
    const [file] = icdFiles(folder, /^vk_swiftshader_icd\.json$/);
    if (file) yield { driver: "Chromium's SwiftShader", env: { ...base, VK_DRIVER_FILES: file } };
  }
  const bundled = unpackSwiftShader();
  if (bundled) {
    const file = path.join(bundled, 'vk_swiftshader_icd.json');
    yield { driver: 'SwiftShader of @sparticuz/chromium', env: { ...base, VK_DRIVER_FILES: file } };
  }
}

function icdFiles(folder, pattern) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => pattern.test(name)).sort().map((name) => path.join(folder, name));
}

/** LD_LIBRARY_PATH with a Vulkan loader, when the system has none of its own. */
function loaderPath() {
  const system = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib', '/usr/local/lib'];
  if (system.some((folder) => existsSync(path.join(folder, 'libvulkan.so.1')))) return {};
  const loader = [unpackSwiftShader(), ...chromiumFolders]
    .flatMap((folder) => (folder ? [path.join(folder, 'libvulkan.so.1')] : []))
    .find((file) => existsSync(file));
  if (!loader) return {};
  // A folder with the loader alone: the one it comes from also holds libEGL and libGLESv2, which must not be found.
  const folder = path.join(here, '..', 'node_modules', '.cache', 'weft', 'vulkan-loader');
  mkdirSync(folder, { recursive: true });
  const link = path.join(folder, 'libvulkan.so.1');
  try {
    symlinkSync(loader, link);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const others = process.env.LD_LIBRARY_PATH;
  return { LD_LIBRARY_PATH: path.resolve(folder) + (others ? path.delimiter + others : '') };
}
