// The server in the small, for working on the page: `npm run mock`, then http://127.0.0.1:8990. It serves the built files
// under the policy of the true one, and forgets everything when it ends.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { judge, queue, Refused, tell } from './judge.js';
import { deployment, frame, taxa } from './world.js';

const port = Number(process.env.PORT ?? 8990);
const files = fileURLToPath(new URL('../../static/', import.meta.url));
const types = { html: 'text/html; charset=utf-8', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

const survey = new Map();
const log = new Map();
const taken = new Map(); // what was sent once, by its id
const listeners = new Set();

function begin(opcode, how) {
  const d = deployment(opcode, how);
  tell(d);
  survey.set(opcode, { first: structuredClone(d), d });
  log.set(opcode, []);
}
begin('BRUV_07', { frames: 600, tracks: 60, seed: 7 });
begin('BRUV_08', { frames: 600, tracks: 25, seed: 8 });
begin('BIG', { frames: 3600, tracks: 2000, seed: 9 });

/** Everything anew from what was said and not undone: as the true server derives its counts. */
function derive(opcode) {
  const s = survey.get(opcode);
  const seq = s.d.seq + 1;
  s.d = structuredClone(s.first);
  const said = log.get(opcode);
  for (const v of said) if (!v.undone) judge(s.d, v.body, v.by);
  tell(s.d);
  Object.assign(s.d, { seq, can_undo: said.some((v) => !v.undone), can_redo: said.some((v) => v.undone) });
  for (const l of listeners) l.write(`event: verdict\ndata: ${JSON.stringify({ opcode, seq, by: 'Ada' })}\n\n`);
}

function row(d) {
  const certified = d.taxa.every((t) => t.certified);
  return { opcode: d.opcode, state: certified ? 'certified' : 'open', frames: d.frames.length, looked: d.looked.length, duration_s: d.frames.length, unreadable_s: 12, taxa: d.taxa, reviewers: d.seq > 0 ? ['Ada'] : [], flags: d.tracks.filter((t) => t.flagged).length };
}

function said(opcode, what, body) {
  const entries = log.get(opcode);
  if (what === 'undo') {
    const last = entries.findLast((v) => !v.undone);
    if (!last) throw new Refused('there is nothing to undo');
    last.undone = true;
  } else if (what === 'redo') {
    const first = entries.find((v) => v.undone);
    if (!first) throw new Refused('there is nothing to do again');
    first.undone = false;
  } else {
    judge(structuredClone(survey.get(opcode).d), body, 'Ada'); // refuses what makes no sense before it is kept
    log.set(opcode, [...entries.filter((v) => !v.undone), { id: entries.length + 1, kind: body.kind, by: 'Ada', at: new Date().toISOString(), before: null, after: null, undone: false, text: JSON.stringify(body), body }]);
  }
  derive(opcode);
  const d = survey.get(opcode).d;
  return { seq: d.seq, deployment: d };
}

function get(path, q) {
  if (path === 'me') return { name: 'Ada', csrf: 'word', blind: false, users: ['Ada'], risk: 0.05, version: 'mock', survey: 'Made-up reef', survey_id: 'mock' };
  if (path === 'taxa') return taxa;
  if (path === 'deployments') return [...survey.values()].map((s) => row(s.d)).concat([{ opcode: 'BRUV_99', state: 'not counted', frames: 0, looked: 0, duration_s: 0, unreadable_s: 0, taxa: null, reviewers: null, flags: 0 }]);
  if (path === 'agreement') return { pairs: [{ a: 'Ada', b: 'Ben', opcode: 'BRUV_07', taxon: taxa[0].name, n: 20, percent: 90, kappa: 0.78, maxn_a: 3, maxn_b: 2 }], disagreements: [{ opcode: 'BRUV_07', frame: 31, track: 't3', taxon: taxa[0].name, a: { who: 'Ada', kind: taxa[0].name }, b: { who: 'Ben', kind: 'rejected' } }] };
  if (path === 'annotate/suggest') return Array.from({ length: 12 }, (_, k) => ({ opcode: 'BRUV_07', frame: k * 40, reason: 'the model is unsure of two boxes', score: 1 - k / 20 }));
  const [, op, what] = /^deployments\/([^/]+)(?:\/(.*))?$/.exec(path) ?? [];
  const s = survey.get(decodeURIComponent(op ?? ''));
  if (!s) return null;
  if (!what) return s.d;
  if (what === 'queue') return queue(s.d, q.get('taxon') ?? '', Number(q.get('n') ?? 8));
  if (what === 'log') return log.get(s.d.opcode);
  return null;
}

function post(path, body) {
  const [, op, what] = /^deployments\/([^/]+)\/(verdicts|undo|redo)$/.exec(path) ?? [];
  if (op) return said(decodeURIComponent(op), what, body);
  const [, drawn] = /^annotate\/([^/]+)\/keyframes$/.exec(path) ?? [];
  if (drawn) return said(decodeURIComponent(drawn), 'verdicts', { ...body, kind: 'keyframes' });
  if (path === 'dataset') return { message: `Dataset ${body.name}: made up.` };
  if (path === 'reconcile') return { seq: 0 };
  if (path === 'presence') return {};
  return null;
}

async function bodyOf(req) {
  let text = '';
  for await (const part of req) text += part;
  return JSON.parse(text || '{}');
}

function answer(res, status, value) {
  res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}

async function serve(req, res) {
  const url = new URL(req.url, 'http://here');
  const path = url.pathname.slice(1);
  const picture = /^api\/deployments\/([^/]+)\/frames\/(\d+)\.jpg$/.exec(path);
  if (picture) {
    res.writeHead(200, { 'Content-Type': 'image/svg+xml', 'Cache-Control': 'private, max-age=600' });
    return res.end(frame(survey.get(decodeURIComponent(picture[1])).first, Number(picture[2]), Number(url.searchParams.get('w') ?? 1280)));
  }
  if (path === 'api/events') {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(':\n\n');
    listeners.add(res);
    return req.on('close', () => listeners.delete(res));
  }
  if (!path.startsWith('api/')) {
    const name = path === '' ? 'index.html' : path;
    if (!/^(index\.html|icon\.svg|app\.(js|css))$/.test(name)) return answer(res, 404, { error: `there is no ${path}` });
    res.writeHead(200, { 'Content-Type': types[name.split('.').pop()], 'Content-Security-Policy': policy, 'X-Content-Type-Options': 'nosniff' });
    return res.end(await readFile(files + name));
  }
  const api = path.slice(4);
  if (req.method === 'GET') {
    const got = get(api, url.searchParams);
    return answer(res, got ? 200 : 404, got ?? { error: `there is no ${path}` });
  }
  const body = await bodyOf(req);
  const before = body.nonce && taken.get(body.nonce);
  const got = before ?? post(api, body);
  if (body.nonce) taken.set(body.nonce, got);
  answer(res, got ? 200 : 404, got ?? { error: `there is no ${path}` });
}

createServer((req, res) => {
  serve(req, res).catch((e) => answer(res, e instanceof Refused ? 400 : 500, { error: e.message }));
}).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`));
