// Which Chromium runs the browser tests: WEFT_CHROMIUM, one that is installed, or the headless one that the npm package
// @sparticuz/chromium carries. Prints it as JSON when run as a program.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { unpackChromium } from './bundled-chromium.mjs';

const installed = [
  '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];
const flags = [
  '--no-sandbox', '--enable-unsafe-webgpu', '--no-first-run', '--disable-quic', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

/**
 * @returns {{ executablePath: string, args: string[], env: Record<string, string>, name: string } | null}
 *   What playwright's `chromium.launch` needs, or null where there is no Chromium.
 */
export function findChromium() {
  const wanted = process.env.WEFT_CHROMIUM ? [process.env.WEFT_CHROMIUM] : installed;
  const executablePath = wanted.find((file) => existsSync(file));
  const env = environment();
  if (executablePath) return { executablePath, args: flags, env, name: executablePath };
  const bundled = unpackChromium();
  if (!bundled) return null;
  return {
    executablePath: bundled.executable,
    args: [...flags, '--use-webgpu-adapter=swiftshader', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
    env: { ...env, LD_LIBRARY_PATH: bundled.libraries },
    name: '@sparticuz/chromium',
  };
}

/** The environment without the Vulkan driver that was chosen for Node: Chromium brings its own. */
function environment() {
  const { VK_DRIVER_FILES: _driver, VK_ICD_FILENAMES: _icd, LD_LIBRARY_PATH: _libraries, ...env } = process.env;
  return env;
}

if (process.argv[1] && import.meta.url === pathToFileURL(path.resolve(process.argv[1])).href) {
  console.log(JSON.stringify(findChromium()));
}
