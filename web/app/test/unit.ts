import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../src/lib/api';
import { apply, withWaiting } from '../src/lib/apply';
import { interpolated, moved, resized, tidy, withKey } from '../src/lib/geometry';
import { indexFrames, nearestFrame, sameGeometry } from '../src/lib/index';
import { columns, most, ticks, zoomed } from '../src/lib/lanes';
import { certificates, needsLooking, ordered } from '../src/lib/order';
import { newId, Outbox, type Hooks, type Item, type Store } from '../src/lib/outbox';
import { clock, percent, short } from '../src/lib/say';
import { search } from '../src/lib/search';
import { keyFrames } from '../src/lib/simplify';
import { after, doubt, inFrame, question, stillAsked } from '../src/lib/twice';
import type { Deployment, Point, Row, Taxon, TaxonState, Track, Twice } from '../src/lib/types';
import { matrix } from '../src/lib/water';

function track(id: string, points: Point[]): Track {
  return { id, taxon: 'A a', machine_taxon: 'A a', p: 0.5, state: 'open', flagged: false, by: '', points, drawn: false };
}

function deployment(tracks: Track[]): Deployment {
  return {
    opcode: 'X', w: 100, h: 50, every_s: 1, period: { from_s: 0, to_s: 10 }, frames: [0, 1, 2, 3, 4], gaps: [], clip: 'direct', tracks, looked: [], boxes: [],
    frame_verdicts: [], taxa: [], counts: {}, twice: [], disputes: [], seconds: [], seq: 0, can_undo: false, can_redo: false, locked_by: null,
  };
}

test('times and chances as a person reads them', () => {
  assert.equal(clock(3725), '1:02:05');
  assert.equal(clock(65.2), '1:05');
  assert.equal(percent(0.0004), '<0.1 %');
  assert.equal(percent(0.049), '4.9 %');
  assert.equal(percent(0.9995), '>99.9 %');
  assert.equal(percent(1), '100 %');
  assert.equal(short('Triaenodon obesus'), 'T. obesus');
  assert.equal(short('shark'), 'shark');
});

test('a taxon is found by any of its names', () => {
  const taxon = (name: string, common: string, synonyms: string[] = [], key = 0): Taxon => ({ name, common, synonyms, studied: true, key });
  const all = [taxon('Carcharhinus amblyrhynchos', 'Grey reef shark', ['requin gris'], 1), taxon('Carcharhinus melanopterus', 'Blacktip reef shark'), taxon('Rhincodon typus', 'Whale shark', ['Requin-baleine'])];
  const first = (typed: string) => search(all, typed)[0]?.name;
  assert.equal(first('cam'), 'Carcharhinus amblyrhynchos');
  assert.equal(first('c mel'), 'Carcharhinus melanopterus');
  assert.equal(first('black'), 'Carcharhinus melanopterus');
  assert.equal(first('GRIS'), 'Carcharhinus amblyrhynchos');
  assert.equal(first('baleine'), 'Rhincodon typus');
  assert.equal(first('réef'), 'Carcharhinus amblyrhynchos');
  assert.equal(search(all, 'wobbegong').length, 0);
  assert.equal(search(all, '').length, 3);
});

test('a box stays in the picture', () => {
  assert.deepEqual(tidy([90, -5, 120, 60], 100, 50), [90, 0, 100, 50]);
  assert.deepEqual(tidy([30, 30, 10, 10], 100, 50), [10, 10, 30, 30]);
  assert.deepEqual(moved([80, 10, 95, 20], 20, -20, 100, 50), [85, 0, 100, 10]);
  assert.deepEqual(resized([0, 0, 10, 10], 'se', 20, 30), [0, 0, 20, 30]);
});

test('between key frames a box goes straight; out of the picture it is nowhere', () => {
  let keys = withKey([], { frame: 10, box: [10, 0, 20, 10] });
  keys = withKey(keys, { frame: 0, box: [0, 0, 10, 10] });
  keys = withKey(keys, { frame: 14, box: [10, 0, 20, 10], outside: true });
  keys = withKey(keys, { frame: 20, box: [50, 0, 60, 10] });
  assert.deepEqual(interpolated(keys, 5), [5, 0, 15, 10]);
  assert.deepEqual(interpolated(keys, 12), [10, 0, 20, 10]);
  assert.equal(interpolated(keys, 14), null);
  assert.equal(interpolated(keys, 16), null);
  assert.deepEqual(interpolated(keys, 20), [50, 0, 60, 10]);
  assert.equal(interpolated(keys, 21), null);
});

test('key frames of a track give the track back', () => {
  const points: Point[] = [];
  for (let i = 0; i <= 20; i++) points.push([i, i < 10 ? i : 20 - i, 0, 30, 10, 1]);
  const keys = keyFrames(points, 0.5);
  assert.deepEqual(keys.map((k) => k.frame), [0, 10, 20]);
  for (const p of points) assert.ok(Math.abs(interpolated(keys, p[0])![0] - p[1]) <= 0.5);
});

test('the index gives each frame its tracks', () => {
  const tracks = [track('a', [[0, 0, 0, 1, 1, 1], [2, 0, 0, 1, 1, 1]]), track('b', [[2, 5, 5, 6, 6, 1], [9, 0, 0, 1, 1, 1]])];
  const ix = indexFrames(tracks, 5);
  const at = (i: number) => Array.from(ix.track.slice(ix.start[i], ix.start[i + 1]), (k) => tracks[k]!.id);
  assert.deepEqual([at(0), at(1), at(2), at(4)], [['a'], [], ['a', 'b'], []]);
  assert.ok(sameGeometry(tracks, [{ ...tracks[0]!, state: 'accepted' }, tracks[1]!]));
  assert.ok(!sameGeometry(tracks, [{ ...tracks[0]!, points: [] }, tracks[1]!]));
  assert.equal(nearestFrame([0, 1, 2, 5], 3.4), 2);
  assert.equal(nearestFrame([0, 1, 2, 5], 99), 3);
});

test('a lane keeps a peak of one frame however far one is away', () => {
  const times = Array.from({ length: 3600 }, (_, i) => i);
  const counts = times.map((t) => (t === 1234 ? 7 : 0));
  const c = columns(times, { from: 0, to: 3600 }, 300);
  const m = most(counts, c);
  assert.equal(Math.max(...m), 7);
  assert.equal(m.indexOf(7), Math.floor(1234 / 12));
  assert.deepEqual(Array.from(most([1, 2], columns([0, 5], { from: 0, to: 10 }, 10))), [1, -1, -1, -1, -1, 2, -1, -1, -1, -1]);
  assert.deepEqual(ticks({ from: 0, to: 3600 }, 700), [0, 600, 1200, 1800, 2400, 3000, 3600]);
  const z = zoomed({ from: 0, to: 100 }, { from: 0, to: 100 }, 2, 25);
  assert.deepEqual([z.from, z.to], [12.5, 62.5]);
  assert.deepEqual(zoomed({ from: 0, to: 50 }, { from: 0, to: 100 }, 0.1, 25), { from: 0, to: 100 });
});

test('what waits is shown as if it had been taken, and an undo takes back the last of it', () => {
  const d = deployment([track('a', [[0, 0, 0, 1, 1, 1]]), track('b', [[0, 5, 5, 6, 6, 1]])]);
  const accept = { id: '1', opcode: 'X', what: 'verdicts' as const, verdict: { kind: 'accept' as const, track: 'a' } };
  const reject = { id: '2', opcode: 'X', what: 'verdicts' as const, verdict: { kind: 'reject' as const, track: 'b' } };
  const states = (x: Deployment) => x.tracks.map((t) => t.state);
  assert.deepEqual(states(withWaiting(d, [accept, reject], 'Ada')), ['accepted', 'rejected']);
  assert.deepEqual(states(withWaiting(d, [accept, reject, { id: '3', opcode: 'X', what: 'undo' }], 'Ada')), ['accepted', 'open']);
  assert.deepEqual(states(withWaiting(d, [accept, { id: '3', opcode: 'X', what: 'undo' }, { id: '4', opcode: 'X', what: 'redo' }], 'Ada')), ['accepted', 'open']);
  assert.deepEqual(states(withWaiting(d, [{ ...accept, opcode: 'Y' }], 'Ada')), ['open', 'open']);
  assert.deepEqual(states(d), ['open', 'open']);
  assert.deepEqual(apply(d, { kind: 'looked', frame: 3, taxa: [] }, 'Ada').looked, [3]);
  assert.equal(apply(d, { kind: 'add', frame: 1, taxon: 'A a', box: [0, 0, 5, 5] }, 'Ada', 'n').boxes[0]!.id, 'new-n');
});

test('two boxes on one another are asked about until somebody answers', () => {
  const pair = (a: string, b: string, frame = 0): Twice => ({ a, b, frame, frames: 1, iou: 0.6, taxon: 'A a' });
  const pairs = [pair('t1', 't5', 2), pair('t1', 'b7'), pair('t8', 't9')];
  const left = (v: Parameters<typeof stillAsked>[1]) => stillAsked(pairs, v).map((p) => p.b);
  assert.deepEqual(left({ kind: 'apart', track: 't5', with: 't1' }), ['b7', 't9']);
  assert.deepEqual(left({ kind: 'merge', track: 't1', with: 'b7' }), ['t5', 't9']);
  assert.deepEqual(left({ kind: 'reject', track: 't1' }), ['t9']);
  assert.deepEqual(left({ kind: 'unsure', track: 't9' }), ['t5', 'b7']);
  assert.deepEqual(left({ kind: 'relabel', track: 't9', taxon: 'B b' }), ['t5', 'b7']);
  assert.deepEqual(left({ kind: 'relabel', track: 't9', taxon: 'A a' }), ['t5', 'b7', 't9']);
  assert.deepEqual(left({ kind: 'delete', box_id: 'b7' }), ['t5', 't9']);
  assert.deepEqual(left({ kind: 'accept', track: 't1' }), ['t5', 'b7', 't9']);

  const d = { ...deployment([]), twice: pairs };
  const apart = { id: '1', opcode: 'X', what: 'verdicts' as const, verdict: { kind: 'apart' as const, track: 't1', with: 't5' } };
  assert.equal(withWaiting(d, [apart], 'Ada').twice.length, 2);
  assert.equal(withWaiting(d, [apart, { id: '2', opcode: 'X', what: 'undo' }], 'Ada').twice.length, 3);

  const boxes = new Map<string, [number, number, number, number]>([['t1', [0, 0, 10, 10]], ['t5', [5, 0, 15, 10]], ['b7', [8, 8, 20, 20]], ['t8', [0, 0, 4, 4]], ['t9', [4, 0, 8, 4]]]);
  assert.deepEqual(inFrame(pairs, boxes, '', '').map((p) => p.b), ['t5', 'b7']); // those of the third stand side by side
  assert.deepEqual(inFrame(pairs, boxes, '', 'b7').map((p) => p.b), ['b7', 't5']);
  assert.deepEqual(inFrame(pairs, boxes, 't1 t5', 'b7').map((p) => p.b), ['t5', 'b7']);
  assert.deepEqual(inFrame(pairs, new Map(), '', ''), []);
  assert.deepEqual([after(pairs, undefined)?.b, after(pairs, pairs[0])?.b, after(pairs, pairs[2])?.b, after([], undefined)], ['t5', 'b7', 't5', undefined]);
  assert.equal(question(pairs[0]!, [0, 30, 65]), 't1 and t5 lie on one another at 1:05: the same animal?');
  const told = (twice?: number) => doubt({ twice } as TaxonState);
  assert.deepEqual([told(), told(0), told(1), told(2)], ['', '', 'may count one animal twice', 'may count animals twice']);
});

class Memory implements Store {
  private map = new Map<string, string>();
  get length() {
    return this.map.size;
  }
  key = (n: number) => [...this.map.keys()][n] ?? null;
  getItem = (k: string) => this.map.get(k) ?? null;
  setItem = (k: string, v: string) => void this.map.set(k, v);
  removeItem = (k: string) => void this.map.delete(k);
}

/** A server that fails as told, and takes each id once. */
function server(failures: (number | null)[]) {
  const took: string[] = [];
  const seen = new Set<string>();
  const refused: number[] = [];
  const hooks: Hooks = {
    send: async (item: Item) => {
      const status = failures.shift() ?? null;
      // -1: the word arrived, the answer did not.
      if (status === null || status === -1) {
        const id = String(item.body['nonce']);
        if (!seen.has(id)) took.push(String(item.body['say']));
        seen.add(id);
      }
      if (status !== null) throw new ApiError(Math.max(status, 0), 'no');
      return {};
    },
    taken: () => undefined,
    refused: (_, why) => refused.push(why.status),
    changed: () => undefined,
    wait: () => Promise.resolve(),
  };
  return { hooks, took, refused };
}

const word = (say: string) => ({ opcode: 'X', what: 'verdicts' as const, path: 'p', body: { say } });

test('nothing said is lost or taken twice, whatever the server does', async () => {
  const { hooks, took } = server([0, 503, -1, null, 0, null]);
  const box = new Outbox(new Memory(), hooks, 'Ada');
  for (const s of ['one', 'two', 'three']) box.put(word(s));
  while (box.waiting.length > 0) await new Promise((go) => setTimeout(go, 0));
  assert.deepEqual(took, ['one', 'two', 'three']);
});

test('what is refused is told and not sent again; the rest goes on', async () => {
  const { hooks, took, refused } = server([409, null]);
  const box = new Outbox(new Memory(), hooks, 'Ada');
  box.put(word('one'));
  box.put(word('two'));
  while (box.waiting.length > 0) await new Promise((go) => setTimeout(go, 0));
  assert.deepEqual(took, ['two']);
  assert.deepEqual(refused, [409]);
});

test('a page that was closed sends what it kept when it is opened again, for the same person alone', async () => {
  const store = new Memory();
  const dead = server(Array(1000).fill(0));
  dead.hooks.wait = () => new Promise(() => undefined);
  const first = new Outbox(store, dead.hooks, 'Ada');
  first.put(word('one'));
  first.put(word('two'));
  const other = server([]);
  assert.equal(new Outbox(store, other.hooks, 'Ben').waiting.length, 0);
  const alive = server([]);
  const second = new Outbox(store, alive.hooks, 'Ada');
  await second.flush();
  assert.deepEqual(alive.took, ['one', 'two']);
  assert.equal(store.length, 0);
});

test('ids rise', () => {
  const ids = Array.from({ length: 100 }, newId);
  assert.deepEqual(ids, [...ids].sort());
  assert.equal(new Set(ids).size, 100);
});

test('deployments that need looking come first, the riskiest of them first', () => {
  const row = (opcode: string, state: string, risk: number): Row => ({
    opcode, state, frames: 1, looked: 0, duration_s: 1, unreadable_s: 0, reviewers: [], flags: 0,
    taxa: [{ taxon: 'A a', machine: 1, confirmed: 0, risk, certified: state === 'certified', estimate: 1, low: 0, high: 2, statement: '', looked: 0 }],
  });
  const rows = [row('a', 'not counted', 0), row('b', 'certified', 0.01), row('c', 'open', 0.2), row('d', 'open', 0.9)];
  assert.deepEqual(needsLooking(rows).map((r) => r.opcode), ['d', 'c']);
  assert.deepEqual(ordered(rows).map((r) => r.opcode), ['d', 'c', 'b', 'a']);
});

test('under a limit over the whole survey those come first whose next look buys most', () => {
  const row = (opcode: string, risk: number, gain: number, certified = false): Row => ({
    opcode, state: certified ? 'certified' : 'open', frames: 1, looked: 0, duration_s: 1, unreadable_s: 0, reviewers: [], flags: 0,
    taxa: [{ taxon: 'A a', machine: 1, confirmed: 0, risk, gain, certified, status: certified ? 'certified' : 'reviewed', estimate: 1, low: 0, high: 2, statement: '', looked: 0 }],
  });
  const rows = [row('a', 0.9, 0.01), row('b', 0.2, 0.15), row('c', 0.02, 0, true)];
  assert.deepEqual(needsLooking(rows).map((r) => r.opcode), ['b', 'a']);
  assert.deepEqual(certificates(rows, 0.025, 0.05), { n: 1, wrong: 0.04 });
});

test('grey water comes out grey, and no correction changes nothing', () => {
  assert.equal(matrix({ r: 0.1, g: 0.4, b: 0.5 }, 0), '1.0000 0.0000 0.0000 0.0000 0.0000 0.0000 1.0000 0.0000 0.0000 0.0000 0.0000 0.0000 1.0000 0.0000 0.0000 0.0000 0.0000 0.0000 1.0000 0.0000');
  const m = matrix({ r: 0.2, g: 0.4, b: 0.5 }, 1).split(' ').map(Number);
  const [r, g, b] = [m[0]! * 0.2 + m[1]! * 0.4, m[6]! * 0.4, m[12]! * 0.5];
  assert.ok(Math.abs(r - g) < 1e-3 && Math.abs(g - b) < 1e-3, `${r} ${g} ${b}`);
});
