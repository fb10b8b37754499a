// Screenshots for docs/images, of every state of a count, light and dark: node test/shots.js [OUT]. Of the drawn reef that the browser test reviews.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as stage from './stage.js';

const out = process.argv[2] ?? join(stage.root, 'docs/images');
const reef = await stage.survey();
const b = await stage.browser();

/** Somebody at the page; post says a verdict as the page would. */
async function sits(name) {
  const server = await stage.serve(reef.folder, await stage.freePort(), ['--user', name]);
  const one = await stage.open(b, server.url);
  await one.page.waitForSelector('tbody a');
  const post = (op, body) =>
    one.page.evaluate(
      async ([op, v]) => {
        const me = await (await fetch('api/me')).json();
        const answer = await fetch(`api/deployments/${op}/verdicts`, { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Requin-CSRF': me.csrf }, body: JSON.stringify(v) });
        return answer.ok;
      },
      [op, body],
    );
  return { ...one, server, post, end: async () => (await one.context.close(), await server.kill()) };
}

/** Accepts what is likely and looks, where the page leads, so many times or to the certificate; gives whether a frame is asked for blind, and which. */
async function looks(who, op, times) {
  for (let n = 0; n < times; n++) {
    const [next] = await stage.ask(who.page, `api/deployments/${op}/queue?n=1`);
    if (!next) return null;
    if (times < 50 && next.audit) return next.frame;
    const d = await stage.ask(who.page, `api/deployments/${op}`);
    if (next.again) {
      await who.post(op, { kind: 'count', frame: next.frame, taxon: next.taxon, n: d.counts[next.taxon].confirmed[next.frame], blind: true, again: true });
      continue;
    }
    for (const t of d.tracks) if (t.state === 'open' && t.p > 0.3 && t.taxon === next.taxon && t.points.some((p) => p[0] === next.frame)) await who.post(op, { kind: 'accept', track: t.id });
    await who.post(op, { kind: 'looked', frame: next.frame, taxa: [next.taxon] });
  }
  return null;
}

const ada = await sits('ada');
await looks(ada, 'REEF_01', 80);
await looks(ada, 'REEF_02', 4);
const d = await stage.ask(ada.page, 'api/deployments/REEF_03');
const t = d.tracks.filter((x) => x.p > 0.3).reduce((long, x) => (x.points.length > long.points.length ? x : long));
await ada.post('REEF_03', { kind: 'accept', track: t.id });
await ada.end();
const ben = await sits('ben');
await ben.post('REEF_03', { kind: 'reject', track: t.id });
const cookies = await ben.context.cookies();
const middle = t.points[t.points.length >> 1][0];

for (const colorScheme of ['light', 'dark']) {
  const dark = colorScheme === 'dark' ? '-dark' : '';
  const context = await b.newContext({ viewport: { width: 1024, height: 768 }, colorScheme });
  await context.addCookies(cookies);
  const page = await context.newPage();
  const shot = async (name) => {
    await page.waitForTimeout(800);
    await page.screenshot({ path: join(out, `${name}${dark}.png`) });
  };
  const at = async (op, frame, query = '') => {
    await page.goto(new URL(`/#/review/${op}${frame === undefined ? '' : `/${frame}`}${query}`, ben.server.url).href);
    await page.reload();
    await stage.shown(page);
  };
  await page.goto(new URL('/', ben.server.url).href);
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 4 && !document.body.innerText.includes('being worked out'), undefined, { timeout: 60_000 });
  const [wide, room] = await page.evaluate(() => ['scrollWidth', 'clientWidth'].map((k) => document.querySelector('.scroll')[k]));
  assert.ok(wide <= room, `the list is ${wide} pixels wide, and there is room for ${room}`);
  await shot('review-list');
  await at('REEF_04');
  await shot('review-machine');
  await at('REEF_02');
  await shot('review');
  await at('REEF_01');
  await shot('review-certified');
  await at('REEF_03', middle, `?taxon=${t.taxon}&track=${t.id}`);
  await shot('review-disputed');
  await page.route('**/queue?*', async (route) => {
    const answer = await route.fetch();
    const list = await answer.json();
    await route.fulfill({ response: answer, json: list.map((n, k) => (k === 0 ? { ...n, audit: true } : n)) }); // whichever frame is next: what an audit looks like
  });
  await at('REEF_04');
  await shot('review-audit');
  if (!dark) {
    await page.unroute('**/queue?*');
    await at('REEF_02');
    await page.keyboard.press('?');
    await shot('review-keys');
  }
  await context.close();
}
await ben.end();
await b.close();
await reef.end();
