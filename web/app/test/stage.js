// A small survey that is counted, the server over it, and a browser before it.
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const run = promisify(execFile);
export const root = fileURLToPath(new URL('../../../', import.meta.url));
process.env.ONNXRUNTIME_LIB ??= join(root, '.tools/onnxruntime/libonnxruntime.so.1'); // where make tools puts it
export const requin = process.env.REQUIN ?? join(root, 'bin', 'requin');

/** Four deployments of the demo's drawing, counted with the demo's detector: what is truth is known. */
export async function survey() {
  const dir = await mkdtemp(join(tmpdir(), 'requin-page-'));
  const clip = join(root, 'cli/demo/clip.mp4');
  // Beginnings of the same pictures: a survey takes a video once, and short ones are reviewed soon.
  for (const [name, seconds] of [['REEF_01', '30'], ['REEF_02', '40'], ['REEF_03', '35'], ['REEF_04', '38']]) {
    await mkdir(join(dir, 'card', name), { recursive: true });
    await run('ffmpeg', ['-v', 'error', '-i', clip, '-t', seconds, '-c', 'copy', join(dir, 'card', name, 'clip.mp4')]);
  }
  const folder = join(dir, 'reef');
  await run(requin, ['init', folder, '--name', 'Drawn reef']);
  await run(requin, ['add', join(dir, 'card')], { cwd: folder });
  await run(requin, ['count', '--model', join(root, 'cli/demo/blobs.onnx')], { cwd: folder });
  return { dir, folder, end: () => rm(dir, { recursive: true, force: true }) };
}

/** A real clip (DeepFish) counted with the starter model, and what people boxed in it; null where the data are not at hand. */
export async function real() {
  const data = process.env.REQUIN_DATA ?? join(root, '..', 'shared', 'data');
  const clip = join(data, 'deepfish', 'clips', 'dev_7585_F1');
  let text;
  try {
    text = await readFile(clip + '.gt.txt', 'utf8');
  } catch {
    return null;
  }
  const dir = await mkdtemp(join(tmpdir(), 'requin-real-'));
  const folder = join(dir, 'mangrove');
  await run(requin, ['init', folder, '--name', 'Mangrove']);
  await run(requin, ['add', clip + '.mp4', '--opcode', 'REAL_01'], { cwd: folder });
  await run(requin, ['count', '--every', '500ms'], { cwd: folder });
  const boxes = text
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number))
    .map(([frame, , x, y, w, h]) => ({ t: (frame - 1) / 10, taxon: 'fish', box: [x, y, x + w, y + h] }));
  return { dir, folder, boxes, end: () => rm(dir, { recursive: true, force: true }) };
}

/** What was drawn: by time in seconds, taxon and box. */
export async function truth() {
  const text = await readFile(join(root, 'cli/demo/truth.csv'), 'utf8');
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [t, taxon, ...box] = line.split(',');
      return { t: Number(t), taxon, box: box.map(Number) };
    });
}

export async function freePort() {
  return new Promise((go) => {
    const s = createServer().listen(0, '127.0.0.1', () => {
      const { port } = s.address();
      s.close(() => go(port));
    });
  });
}

/** The server on a survey: ready once it has printed its address. */
export async function serve(folder, port, args = [], host = '127.0.0.1') {
  const child = spawn(requin, ['review', '--open=false', '--listen', `${host}:${port}`, ...args], { cwd: folder });
  let said = '';
  const url = await new Promise((go, fail) => {
    child.stderr.on('data', (part) => {
      said += part;
      const found = /https?:\/\/\S+/.exec(said);
      if (found && said.includes('\n', found.index)) go(found[0]);
    });
    child.on('exit', (code) => fail(new Error(`requin review ended with ${code}: ${said}`)));
  });
  const gone = new Promise((go) => child.on('exit', go));
  return {
    url,
    port,
    kill: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await gone;
    },
  };
}

/** Somebody who may review over a network. */
export async function addUser(folder, name, password) {
  const child = spawn(requin, ['review', 'user', 'add', name], { cwd: folder, stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (part) => (said += part));
  child.stdin.end(password + '\n');
  const code = await new Promise((go) => child.on('exit', go));
  if (code !== 0) throw new Error(`requin review user add ended with ${code}: ${said}`);
}

export async function browser() {
  const path = process.env.CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** A page in a browser of its own (cookies, storage), that notes what the policy forbade and what went wrong. */
export async function open(b, url, options = {}) {
  const context = await b.newContext({ viewport: { width: 1366, height: 650 }, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on('pageerror', (e) => wrong.push(e.message));
  page.on('console', (m) => {
    if (m.type() === 'error' && /Content Security Policy|violat/i.test(m.text())) wrong.push(m.text());
  });
  await page.goto(url);
  return { context, page, wrong };
}

/** Asks the server as the page would. */
export const ask = (page, path) => page.evaluate(async (p) => (await fetch(p)).json(), path);

/** The frame is on screen: its picture decoded, its boxes over it. */
export async function shown(page, frame) {
  await page.waitForFunction((f) => {
    const at = /#\/(?:review|annotate)\/[^/]+\/(\d+)/.exec(location.hash);
    const holder = document.querySelector('.image');
    return at && holder?.dataset.shown === at[1] && (f === undefined || Number(at[1]) === f) && holder.querySelector('img');
  }, frame);
}

export const place = (page) => page.evaluate(() => decodeURIComponent(location.hash));
export const frameOf = async (page) => Number(/\/(\d+)(\?|$)/.exec(await place(page))?.[1] ?? -1);
