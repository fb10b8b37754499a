// Screenshots for docs/images, in light and dark, of a survey that is counted: node test/shots.js SURVEY [OUT]
import { join } from 'node:path';
import * as stage from './stage.js';

const [folder, out = join(stage.root, 'docs/images')] = process.argv.slice(2);
const server = await stage.serve(folder, await stage.freePort(), ['--user', 'Ada']);
const b = await stage.browser();
const first = await stage.open(b, server.url);
const cookies = await first.context.cookies();
await first.page.waitForSelector('tbody a');
for (const colorScheme of ['light', 'dark']) {
  const context = await b.newContext({ viewport: { width: 1366, height: 768 }, colorScheme });
  await context.addCookies(cookies);
  const page = await context.newPage();
  const shot = async (name) => {
    await page.waitForTimeout(1500);
    await page.screenshot({ path: join(out, `${name}${colorScheme === 'dark' ? '-dark' : ''}.png`) });
  };
  await page.goto(new URL('/', server.url).href);
  await page.waitForSelector('tbody a');
  await shot('review-list');
  await page.keyboard.press('Enter');
  await stage.shown(page);
  await page.waitForTimeout(1500);
  await shot('review');
  if (colorScheme === 'dark') {
    for (let n = 0; n < 60 && !(await page.locator('.finished').count()); n++) {
      await page.keyboard.press('Space');
      await page.waitForTimeout(700);
    }
    await shot('review-certified');
  } else {
    await page.keyboard.press('?');
    await shot('review-keys');
  }
  await context.close();
}
await b.close();
await server.kill();
