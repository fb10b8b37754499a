// A review in Debian's Chromium against the true server: by keyboard alone, and through what goes wrong at sea.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import * as stage from './stage.js';

let b, reef, server, port;

const limit = { timeout: 90_000 };

before(async () => {
  reef = await stage.survey();
  port = await stage.freePort();
  server = await stage.serve(reef.folder, port);
  b = await stage.browser();
});

after(async () => {
  await b?.close();
  await server?.kill();
  await reef?.end();
});

const median = (list) => list.toSorted((a, c) => a - c)[Math.floor(list.length / 2)] ?? 0;

/** Has the page note how long each next frame takes from the key that ends a look to when it is painted: what the page itself needs of a look. */
const clocked = (page) =>
  page.evaluate(() => {
    window.painted = [];
    let since = 0;
    addEventListener('keydown', (e) => ['Enter', ' ', 'Backspace'].includes(e.key) && (since = performance.now()), true);
    new MutationObserver((changes) => {
      if (since === 0 || !changes.some((c) => c.attributeName === 'data-shown')) return;
      const from = since;
      since = 0;
      requestAnimationFrame(() => requestAnimationFrame(() => window.painted.push(Math.round(performance.now() - from))));
    }).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-shown'] });
  });

const iou = (a, c) => {
  const w = Math.min(a[2], c[2]) - Math.max(a[0], c[0]);
  const h = Math.min(a[3], c[3]) - Math.max(a[1], c[1]);
  if (w <= 0 || h <= 0) return 0;
  const area = (x) => (x[2] - x[0]) * (x[3] - x[1]);
  return (w * h) / (area(a) + area(c) - w * h);
};

/** Presses a key and waits until the server has all that was said. */
async function say(page, key) {
  await page.keyboard.press(key);
  await settled(page);
}

const settled = (page) => page.waitForFunction(() => Object.keys(localStorage).every((k) => !k.startsWith('requin.out.')));

const deployment = (page, op) => stage.ask(page, `api/deployments/${op}`);

/** Somebody who knows what was drawn, at the keyboard: decides on each open box, counts what has none, says that is all. What is
 * all right, or all wrong, is one key. */
async function answerFrame(page, op, drawn) {
  await stage.shown(page);
  if (await page.locator('form.blind').count()) return answerBlind(page, op, drawn);
  const taxon = /taxon=([^&]*)/.exec(await stage.place(page))[1].replace('+', ' ');
  const frame = await stage.frameOf(page);
  const d = await deployment(page, op);
  const here = drawn.filter((x) => Math.abs(x.t - d.frames[frame]) < 0.01 && x.taxon === taxon);
  const boxOf = (selector) =>
    page.evaluate((css) => [...document.querySelectorAll(css)].map((r) => ['x', 'y', 'width', 'height'].map((n) => Number(r.getAttribute(n)))).map(([x, y, w, h]) => [x, y, x + w, y + h]), selector);
  const right = (box) => here.some((x) => iou(x.box, box) > 0.3);
  const open = await boxOf('g.open:not(.other) rect.line');
  const had = d.counts[taxon].confirmed[frame];
  if (open.length > 0 && open.every(right) && had + open.length === here.length) return say(page, ' ');
  if (open.length > 0 && !open.some(right) && had === here.length) return say(page, 'Backspace');
  for (let n = 0; n < open.length; n++) {
    const [chosen] = await boxOf('g.open.chosen:not(.other) rect.line');
    await page.keyboard.press(right(chosen) ? 'a' : 'r');
  }
  if (had + open.filter(right).length !== here.length) {
    await page.keyboard.press('c');
    await page.keyboard.type(String(here.length));
    await page.keyboard.press('Enter');
  }
  return say(page, 'Enter');
}

/** The numbers of a frame without boxes; then, unless the page went on by itself, its boxes. */
async function answerBlind(page, op, drawn) {
  const frame = await stage.frameOf(page);
  const d = await deployment(page, op);
  assert.equal(await page.locator('rect.line').count(), 0, 'boxes are shown before the numbers are said');
  for (const field of await page.locator('form.blind input').all()) {
    const taxon = (await field.getAttribute('aria-label')).replace('How many ', '');
    await field.fill(String(drawn.filter((x) => Math.abs(x.t - d.frames[frame]) < 0.01 && x.taxon === taxon).length));
  }
  await say(page, 'Enter');
  blindLooks++;
  await page.waitForTimeout(100);
  if ((await stage.frameOf(page)) === frame && !(await page.locator('.finished').count()) && !(await page.locator('form.blind').count())) return answerFrame(page, op, drawn);
}
let blindLooks = 0;

/** A whole review of a deployment to the certificate, by keyboard, by somebody who knows what is there. */
async function review(page, op, drawn) {
  await page.waitForSelector('tbody a');
  while (!(await page.locator('tr.at').innerText()).includes(op)) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await stage.shown(page);
  let looks = 0;
  const risks = [];
  while (!(await page.locator('.finished h2', { hasText: `${op} is certified` }).count())) {
    assert.ok(looks++ < 100, 'no certificate after 100 frames');
    await answerFrame(page, op, drawn);
    risks.push(Number(await page.locator('[role=meter]').getAttribute('aria-valuenow')));
    const next = page.locator('.finished button', { hasText: 'next taxon' });
    await page.waitForTimeout(100);
    if (await next.count()) await page.keyboard.press('Enter');
  }
  const d = await deployment(page, op);
  for (const t of d.taxa) {
    const most = Math.max(...d.frames.map((s) => drawn.filter((x) => x.taxon === t.taxon && Math.abs(x.t - s) < 0.01).length));
    assert.equal(t.confirmed, most, t.taxon);
    assert.ok(t.certified && t.risk < 0.05);
    assert.match(t.statement, new RegExp(`MaxN ${most}\\b.*(95 %|under 5 %)`));
  }
  console.log(`# ${op} certified after ${looks} looks of ${d.frames.length} frames, ${blindLooks} of them blind`);
  const log = await stage.ask(page, `api/deployments/${op}/log`);
  const seen = log.filter((v) => v.kind === 'looked' || v.after.blind).map((v) => v.after.seen_s ?? 0);
  const ms = await page.evaluate(() => window.painted ?? []);
  if (ms.length > 0) console.log(`# from the key that ends a look to the next frame painted: median ${median(ms)} ms of ${ms.length}; seen_s in the log: median ${median(seen)} s of ${seen.length} looks`);
  return risks;
}

test('a whole review to the certificate, by keyboard alone', limit, async () => {
  const { page, wrong, context } = await stage.open(b, server.url);
  await clocked(page);
  const risks = await review(page, 'REEF_01', await stage.truth());
  assert.ok(risks.at(-1) < risks[0]);
  const ms = await page.evaluate(() => Number(document.querySelector('.image').dataset.ms));
  assert.ok(ms < 100, `the last frame took ${ms} ms`);
  await page.keyboard.press('Enter'); // the next deployment that needs looking
  await page.waitForFunction(() => location.hash.startsWith('#/review/REEF_02'));
  assert.deepEqual(wrong, []);
  await context.close();
});

test('a real clip to the certificate', limit, async (t) => {
  const mangrove = await stage.real();
  if (!mangrove) return t.skip('no deepfish/clips: set REQUIN_DATA to the folder of real data');
  const own = await stage.serve(mangrove.folder, await stage.freePort());
  const { page, wrong, context } = await stage.open(b, own.url);
  await review(page, 'REAL_01', mangrove.boxes);
  assert.deepEqual(wrong, []);
  await context.close();
  await own.kill();
  await mangrove.end();
});

const stateOf = (d, id) => d.tracks.find((t) => t.id === id).state;

/** The shark of most points. */
const longest = (tracks) => tracks.filter((t) => t.taxon === 'shark').reduce((long, t) => (t.points.length > long.points.length ? t : long));

/** At a frame of a deployment with an open box of a shark, wherever the page would begin; gives the track, which is chosen. */
async function begin(page, op = 'REEF_02') {
  const track = longest((await deployment(page, op)).tracks.filter((t) => t.state === 'open'));
  const frame = track.points[Math.floor(track.points.length / 2)][0];
  await page.goto(new URL(`/#/review/${op}/${frame}?taxon=shark&track=${track.id}`, page.url()).href);
  await stage.shown(page, frame);
  return track.id;
}

test('undo and redo, as far back as one likes', limit, async () => {
  const { page, context } = await stage.open(b, server.url);
  const first = await begin(page);
  await say(page, 'a');
  await say(page, 'u');
  const said = (await stage.ask(page, 'api/deployments/REEF_02/log')).filter((v) => ['accept', 'unsure'].includes(v.kind));
  assert.deepEqual(said.map((v) => v.kind), ['accept', 'unsure']);
  await say(page, 'z');
  await say(page, 'z');
  let d = await deployment(page, 'REEF_02');
  assert.equal(stateOf(d, first), 'open');
  assert.ok(!d.can_undo && d.can_redo);
  await say(page, 'Shift+Z');
  d = await deployment(page, 'REEF_02');
  assert.equal(stateOf(d, first), 'accepted');
  await say(page, 'z');
  await context.close();
});

test('boxes by keyboard: add, edit, relabel by name, delete', limit, async () => {
  const { page, context } = await stage.open(b, server.url);
  await begin(page);
  await page.keyboard.press('b');
  for (const key of ['ArrowLeft', 'ArrowUp', 'Shift+ArrowRight', '2']) await page.keyboard.press(key);
  await say(page, 'Enter');
  let d = await deployment(page, 'REEF_02');
  assert.equal(d.boxes.length, 1);
  assert.equal(d.boxes[0].taxon, 'yellow fish');
  const was = d.boxes[0].box;
  while (!(await page.locator('li[aria-selected=true]').innerText()).includes('drawn')) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('e');
  for (let n = 0; n < 5; n++) await page.keyboard.press('ArrowRight');
  await say(page, 'Enter');
  d = await deployment(page, 'REEF_02');
  assert.ok(d.boxes[0].box[0] > was[0]);
  await page.keyboard.press('t');
  await page.keyboard.type('sha');
  await say(page, 'Enter');
  assert.equal((await deployment(page, 'REEF_02')).boxes[0].taxon, 'shark');
  while (!(await page.locator('li[aria-selected=true]').innerText()).includes('drawn')) await page.keyboard.press('ArrowDown');
  await say(page, 'Delete');
  assert.equal((await deployment(page, 'REEF_02')).boxes.length, 0);
  await context.close();
});

test('the mouse does it too: a box is dragged, the picture zoomed', limit, async () => {
  const { page, context } = await stage.open(b, server.url);
  await begin(page);
  const r = await page.locator('.outer').boundingBox();
  await page.keyboard.press('b');
  await page.mouse.move(r.x + r.width / 2, r.y + r.height / 2);
  await page.mouse.down();
  await page.mouse.move(r.x + r.width / 2 + 90, r.y + r.height / 2 + 40, { steps: 4 });
  await page.mouse.up();
  await page.locator('button', { hasText: 'Keep it' }).click();
  await settled(page);
  const d = await deployment(page, 'REEF_02');
  assert.equal(d.boxes.length, 1);
  const [x1, y1, x2, y2] = d.boxes[0].box;
  assert.ok(Math.abs(x1 - d.w / 2) < 2 && Math.abs(y1 - d.h / 2) < 2, String(d.boxes[0].box));
  assert.ok(Math.abs((x2 - x1) / (y2 - y1) - 90 / 40) < 0.1);
  await page.mouse.move(r.x + r.width / 3, r.y + r.height / 3);
  await page.mouse.wheel(0, -400);
  await page.waitForFunction(() => /scale\((?!1\))/.test(document.querySelector('.inner').style.transform));
  await say(page, 'z');
  await context.close();
});

test('two boxes on one another: the page asks whether they are one animal, and leads there', limit, async () => {
  const { page, wrong, context } = await stage.open(b, server.url);
  await page.waitForSelector('tbody a');
  const post = (body) =>
    page.evaluate(async (v) => {
      const me = await (await fetch('api/me')).json();
      const answer = await fetch('api/deployments/REEF_02/verdicts', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Requin-CSRF': me.csrf }, body: JSON.stringify(v) });
      return answer.status;
    }, body);
  const d = await deployment(page, 'REEF_02');
  const t = longest(d.tracks);
  const [first, [frame, x1, y1, x2, y2]] = [t.points[0][0], t.points.at(-1)];
  const lower = (y2 - y1) / 4;
  for (const v of [{ kind: 'accept', track: t.id }, { kind: 'add', frame, taxon: 'shark', box: [x1, y1 + lower, x2, y2 + lower] }, { kind: 'unsure', track: t.id }]) assert.equal(await post(v), 200);
  await page.goto(new URL(`/#/review/REEF_02/${first}?taxon=shark&track=${t.id}`, page.url()).href);
  await stage.shown(page, first);
  assert.equal(await page.locator('.same').count(), 0);
  await say(page, 'a'); // which makes the pair, in a later frame
  const pair = (await deployment(page, 'REEF_02')).twice[0];
  assert.deepEqual([pair.a, pair.frame], [t.id, frame]);
  await page.locator('.doubt', { hasText: 'may count one animal twice' }).first().waitFor();
  assert.match(await page.locator('.same').innerText(), new RegExp(`${pair.a}, ${pair.b}`));
  await page.keyboard.press('n'); // leads there before all else
  await stage.shown(page, frame);
  await page.locator('h3', { hasText: `${pair.a} and ${pair.b} lie on one another: the same animal?` }).waitFor();
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/same-animal.png` });
  const left = async () => (await deployment(page, 'REEF_02')).twice.length;
  await say(page, 'Shift+Q');
  assert.equal(await left(), 0);
  await page.waitForFunction(() => !document.querySelector('.same'));
  await say(page, 'z');
  assert.equal(await left(), 1);
  await page.locator('.same button', { hasText: 'One: merge' }).click();
  await settled(page);
  const after = await deployment(page, 'REEF_02');
  assert.equal(after.twice.length, 0);
  assert.equal(after.boxes.length, 0);
  for (let n = 0; n < 5; n++) await say(page, 'z');
  assert.equal(stateOf(await deployment(page, 'REEF_02'), t.id), 'open');
  assert.deepEqual(wrong, []);
  await context.close();
});

test('a reload in the middle comes back to the same place', limit, async () => {
  const { page, context } = await stage.open(b, server.url);
  await begin(page, 'REEF_03');
  await page.keyboard.press('PageDown');
  await page.keyboard.press('ArrowRight');
  await stage.shown(page);
  const was = await stage.place(page);
  await page.reload();
  await stage.shown(page);
  assert.equal(await stage.place(page), was);
  await context.close();
});

test('the server dies in the middle: nothing is lost, nothing is taken twice', limit, async () => {
  const first = await stage.open(b, server.url);
  const { context, wrong } = first;
  let page = first.page;
  await begin(page, 'REEF_03');
  const before = (await stage.ask(page, 'api/deployments/REEF_03/log')).length;
  await say(page, 'a');
  await server.kill('SIGKILL');
  for (const key of ['u', 'a', 'z', 'Shift+R']) await page.keyboard.press(key);
  await page.locator('.gone').waitFor();
  assert.match(await page.locator('.gone').innerText(), /kept here/);
  assert.ok((await page.evaluate(() => Object.keys(localStorage).filter((k) => k.startsWith('requin.out.')).length)) >= 4);
  await page.close(); // even the page itself is gone meanwhile
  server = await stage.serve(reef.folder, port);
  page = await context.newPage();
  await page.goto(server.url);
  await page.waitForSelector('tbody a');
  await settled(page);
  const log = (await stage.ask(page, 'api/deployments/REEF_03/log')).slice(before);
  assert.deepEqual(log.map((v) => v.kind), ['accept', 'unsure', 'accept', 'undo', 'reject']);
  assert.deepEqual(wrong, []);
  for (let n = 0; n < 3; n++) {
    await begin(page, 'REEF_03');
    await say(page, 'z');
  }
  await context.close();
});

test('two reviewers see one another, and settle what they disagree on', limit, async () => {
  for (const name of ['ada', 'ben']) await stage.addUser(reef.folder, name, `${name}-has-a-password`);
  const both = await stage.serve(reef.folder, await stage.freePort(), [], '0.0.0.0');
  const url = `http://127.0.0.1:${both.port}/`;
  const pages = [];
  for (const name of ['ada', 'ben']) {
    const one = await stage.open(b, url);
    await one.page.getByLabel('Name').fill(name);
    await one.page.getByLabel('Password').fill(`${name}-has-a-password`);
    await one.page.keyboard.press('Enter');
    await one.page.waitForSelector('tbody a');
    pages.push(one);
  }
  const [ada, ben] = pages.map((p) => p.page);
  const track = await begin(ada, 'REEF_04');
  await begin(ben, 'REEF_04');
  await ada.locator('.others', { hasText: 'ben' }).waitFor();
  await say(ada, 'a');
  await ben.locator(`li[id="box-t:${track}"].accepted`).waitFor({ timeout: 20_000 }); // live, without a reload
  await ben.evaluate((t) => document.getElementById(`box-t:${t}`).querySelector('button').click(), track);
  await say(ben, 'r');
  await ben.goto(url + '#/agreement');
  const row = ben.locator('tr', { has: ben.locator('button', { hasText: 'ada is right' }) });
  await row.first().waitFor();
  await row.first().locator('button', { hasText: 'ada is right' }).click();
  await settled(ben);
  assert.equal(stateOf(await deployment(ben, 'REEF_04'), track), 'accepted');
  await ben.waitForFunction(() => !document.body.innerText.includes('ada is right'));
  for (const p of pages) {
    assert.deepEqual(p.wrong, []);
    await p.context.close();
  }
  await both.kill();
});

test('annotate: an animal drawn in key frames is where it should be in between', limit, async () => {
  const { page, context } = await stage.open(b, server.url);
  await begin(page);
  await page.keyboard.press('Home');
  await page.keyboard.press('k');
  await page.locator('h2', { hasText: 'Annotate' }).waitFor();
  await page.keyboard.press('b');
  await page.keyboard.press('Enter');
  for (let n = 0; n < 10; n++) await page.keyboard.press('ArrowRight');
  await stage.shown(page, 10);
  await page.keyboard.press('b');
  for (let n = 0; n < 20; n++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await say(page, 's');
  const d = await deployment(page, 'REEF_02');
  const t = d.tracks.find((x) => x.drawn);
  assert.equal(t.points.length, 11);
  const x = (i) => t.points.find((p) => p[0] === i)[1];
  assert.ok(x(10) > x(0));
  assert.ok(Math.abs(x(5) - (x(0) + x(10)) / 2) < 0.2);
  await say(page, 'z');
  await context.close();
});

test('the clip plays, steps by one frame of the video, and the key map is complete', limit, async () => {
  const { page, context, wrong } = await stage.open(b, server.url);
  await begin(page);
  await page.keyboard.press('v');
  await page.waitForFunction(() => document.querySelector('video')?.currentTime > 0.3, undefined, { timeout: 15_000 });
  await page.keyboard.press(' ');
  const at = await page.evaluate(() => document.querySelector('video').currentTime);
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction((was) => document.querySelector('video').currentTime > was, at);
  const step = (await page.evaluate(() => document.querySelector('video').currentTime)) - at;
  assert.ok(step > 0.02 && step < 0.2, `a step of ${step} s in a video of 10 frames a second`);
  await page.keyboard.press('v');
  await page.waitForFunction(() => !document.querySelector('video'));
  await page.keyboard.press('?');
  // The map on the page and the one in the documents are one.
  const doc = await readFile(`${stage.root}docs/review.md`, 'utf8');
  const keys = await page.locator('dialog dt').allInnerTexts();
  const texts = await page.locator('dialog dd').allInnerTexts();
  assert.ok(keys.length > 40);
  keys.forEach((key, k) => assert.ok(doc.includes(`| ${key} | ${texts[k]} |`), `docs/review.md lacks ${key}: ${texts[k]}`));
  assert.deepEqual(wrong, []);
  await context.close();
});
