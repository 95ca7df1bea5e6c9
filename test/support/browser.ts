import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';

/**
 * A page in headless Chromium that has loaded the built library, for tests.
 *
 * A small server on 127.0.0.1 serves the repository; the page loads `dist/weft.js` by `<script type="module">`. Which
 * Chromium is used is decided by scripts/chromium.mjs.
 */

type Library = typeof import('../../src/index.ts');

interface Chromium {
  executablePath: string;
  args: string[];
  env: Record<string, string>;
  name: string;
}

export interface PageOptions {
  /** Serve with COOP and COEP headers, so that the page has SharedArrayBuffer. Default true. */
  isolated?: boolean;
  /** Content-Security-Policy of the page. Default none. */
  csp?: string;
  /** The folder to serve. Default: the repository. */
  root?: string;
  /** The module that the page loads as the library, as a path on the server; null loads none. Default /dist/weft.js. */
  library?: string | null;
}

export interface BrowserPage {
  page: Page;
  url: string;
  /** What the page printed to its console, errors included. */
  log: string[];
  /** Runs a function in the page; it gets the library's exports and one JSON argument, and returns JSON. */
  evaluate<R, A = undefined>(fn: (wf: Library, argument: A) => R | Promise<R>, argument?: A): Promise<R>;
  close(): Promise<void>;
}

/** Content security policy without `unsafe-eval`: WebAssembly and workers from blobs are allowed, `eval` is not. */
export const strictPolicy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:";

const root = process.cwd();
let found: Chromium | null | undefined;

function findChromium(): Chromium | null {
  if (found === undefined) {
    const script = path.join(root, 'scripts', 'chromium.mjs');
    found = JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8' })) as Chromium | null;
  }
  return found;
}

let told = false;

/**
 * Whether a Chromium is there. Prints why not, once; with `WEFT_REQUIRE_BROWSER=1` a missing browser throws.
 * @example
 * const browserTest = browserAvailable() ? test : test.skip;
 */
export function browserAvailable(): boolean {
  if (findChromium()) return true;
  const reason = 'no Chromium: install one, or name it in WEFT_CHROMIUM';
  if (process.env.WEFT_REQUIRE_BROWSER === '1') throw new Error(reason);
  if (!told) console.log(`\nskip: ${reason}`);
  told = true;
  return false;
}

let launched: Promise<Browser> | undefined;
let open = 0;

/** Opens a page in a browser shared by the file's tests; the browser ends with the last page. */
export async function openPage(options: PageOptions = {}): Promise<BrowserPage> {
  const found = findChromium();
  if (!found) throw new Error('no Chromium');
  const { isolated = true, csp, library = '/dist/weft.js' } = options;
  const headers: Record<string, string> = {
    ...(isolated && { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }),
    ...(csp && { 'Content-Security-Policy': csp }),
  };
  const server = await serve(options.root ?? root, headers, library);
  open++;
  launched ??= chromium.launch({ executablePath: found.executablePath, args: found.args, env: found.env });
  const browser = await launched;
  const page = await browser.newPage();
  const log: string[] = [];
  page.on('console', (message) => log.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => log.push(`error: ${error.stack ?? error.message}`));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  const close = async () => {
    await page.close();
    server.closeAllConnections();
    server.close();
    if (--open === 0) {
      launched = undefined;
      await browser.close();
    }
  };
  try {
    await page.goto(url);
    if (library !== null) await page.waitForFunction('globalThis.wf !== undefined', undefined, { timeout: 20_000 });
  } catch (error) {
    await close();
    throw new Error(`the page did not load the library:\n${log.join('\n')}`, { cause: error });
  }
  return {
    page, url, log, close,
    evaluate: (fn, argument) =>
      page.evaluate(`(${fn.toString()})(globalThis.wf, ${JSON.stringify(argument) ?? 'undefined'})`),
  };
}

const types: Record<string, string> = {
  '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.json': 'application/json',
  '.map': 'application/json', '.css': 'text/css', '.png': 'image/png', '.wasm': 'application/wasm',
};

/** Serves a folder; `/` is an empty page that loads `library` and puts its exports in `globalThis.wf`. */
async function serve(folder: string, headers: Record<string, string>, library: string | null): Promise<Server> {
  const script = library === null ? '' : '<script type="module" src="/load-library.js"></script>';
  const made: Record<string, [type: string, text: string]> = {
    '/': ['.html', `<!doctype html><meta charset="utf-8"><title>Weft</title>${script}`],
    '/load-library.js': ['.js', `import * as wf from '${library}'; globalThis.wf = wf;`],
    '/favicon.ico': ['.png', ''],
  };
  const send = (response: ServerResponse, extension: string, body: string | Buffer) => {
    response.writeHead(200, { ...headers, 'Content-Type': types[extension] ?? 'application/octet-stream' });
    response.end(body);
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const page = made[pathname];
    if (page) {
      send(response, page[0], page[1]);
      return;
    }
    const file = path.join(folder, path.normalize(decodeURIComponent(pathname)));
    readFile(file).then(
      (body) => send(response, path.extname(file), body),
      () => response.writeHead(404, headers).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
