// What the made-up server makes of verdicts. Its "risk" only falls as frames are looked at: the true one is Requin's.
import { taxa } from './world.js';

const studied = taxa.filter((t) => t.studied).map((t) => t.name);

export function tell(d) {
  d.counts = {};
  for (const taxon of studied) {
    const machine = new Array(d.frames.length).fill(0);
    const confirmed = new Array(d.frames.length).fill(0);
    for (const t of d.tracks) {
      for (const p of t.points) {
        if (t.machine_taxon === taxon && t.p >= 0.5) machine[p[0]]++;
        if (t.taxon === taxon && t.state === 'accepted') confirmed[p[0]]++;
      }
    }
    for (const b of d.boxes) if (b.taxon === taxon) confirmed[b.frame]++;
    for (const [frame, n] of Object.entries(d.counted[taxon] ?? {})) confirmed[frame] = n;
    d.counts[taxon] = { machine, confirmed };
  }
  d.twice = twice(d);
  d.taxa = studied.map((taxon) => {
    const n = (d.lookedTaxa[taxon] ?? []).length;
    const confirmed = Math.max(...d.counts[taxon].confirmed);
    const risk = Math.round(0.9 * 0.55 ** n * 1e4) / 1e4;
    const certified = risk < 0.05;
    const frames = d.frames.length.toLocaleString('en-GB');
    return {
      taxon, machine: Math.max(...d.counts[taxon].machine), confirmed, risk, certified, estimate: confirmed + risk, low: confirmed, high: confirmed + (certified ? 0 : 2),
      statement: `MaxN ${certified ? '' : 'at least '}${confirmed}${certified ? ', at least 95 %' : ''}; ${n} of ${frames} frames looked at`, looked: n,
      status: certified ? 'certified' : d.seq > 0 ? 'reviewed' : 'machine', twice: d.twice.filter((p) => p.taxon === taxon).length,
    };
  });
}

/** Accepted tracks of one taxon that lie on one another, which nobody set apart. */
function twice(d) {
  const out = [];
  const sure = d.tracks.filter((t) => t.state === 'accepted');
  for (const [k, b] of sure.entries()) {
    for (const a of sure.slice(0, k)) {
      if (a.taxon !== b.taxon || d.apart.includes(`${a.id} ${b.id}`)) continue;
      const shared = b.points.map((p) => [p[0], iou(p, a.points.find((q) => q[0] === p[0]))]).filter(([, x]) => x > 0.45);
      if (shared.length === 0) continue;
      const [frame, most] = shared.reduce((m, s) => (s[1] > m[1] ? s : m));
      out.push({ a: a.id, b: b.id, frame, frames: shared.length, iou: most, taxon: a.taxon });
    }
  }
  return out.sort((p, q) => p.frame - q.frame);
}

function iou(p, q) {
  if (!q) return 0;
  const w = Math.min(p[3], q[3]) - Math.max(p[1], q[1]);
  const h = Math.min(p[4], q[4]) - Math.max(p[2], q[2]);
  const area = (x) => (x[3] - x[1]) * (x[4] - x[2]);
  return w > 0 && h > 0 ? (w * h) / (area(p) + area(q) - w * h) : 0;
}

export function queue(d, only, n) {
  const out = [];
  for (const t of d.taxa) {
    if (t.certified || (only && t.taxon !== only)) continue;
    const done = new Set(d.lookedTaxa[t.taxon] ?? []);
    const worth = new Map();
    for (const k of d.tracks) {
      if (k.taxon !== t.taxon || k.state === 'rejected') continue;
      for (const p of k.points) if (!done.has(p[0])) worth.set(p[0], (worth.get(p[0]) ?? 0) + k.p);
    }
    const best = [...worth].sort((a, b) => b[1] - a[1]).slice(0, n);
    for (const [frame] of best) {
      const tracks = d.tracks.filter((k) => k.taxon === t.taxon && k.state === 'open' && k.points.some((p) => p[0] === frame)).map((k) => k.id);
      out.push({ frame, taxon: t.taxon, tracks, reason: `most likely to hold more than ${t.confirmed}`, risk: t.risk, done: false });
    }
  }
  return out.slice(0, n);
}

const track = (d, id) => d.tracks.find((t) => t.id === id) ?? fail(`there is no track ${id}`);

export class Refused extends Error {}

function fail(why) {
  throw new Refused(why);
}

let fresh = 0;

export function judge(d, v, by) {
  const set = (state, taxon) => Object.assign(track(d, v.track), { state, by }, taxon ? { taxon } : {});
  const kinds = {
    accept: () => set('accepted', v.taxon),
    reject: () => set('rejected'),
    absent: () => (track(d, v.track).points = track(d, v.track).points.filter((p) => p[0] !== v.frame)),
    relabel: () => set('accepted', v.taxon),
    unsure: () => set('unsure'),
    flag: () => (v.track ? (track(d, v.track).flagged = true) : d.frame_verdicts.push({ frame: v.frame, kind: 'flag', by, note: v.note })),
    unflag: () => (v.track ? (track(d, v.track).flagged = false) : (d.frame_verdicts = d.frame_verdicts.filter((f) => f.frame !== v.frame || f.kind !== 'flag'))),
    add: () => d.boxes.push({ id: `b${++fresh}`, frame: v.frame, taxon: v.taxon, box: v.box, by, track: '' }),
    edit: () => (v.box_id ? (d.boxes.find((b) => b.id === v.box_id).box = v.box) : track(d, v.track).points.forEach((p) => p[0] === v.frame && p.splice(1, 4, ...v.box))),
    delete: () => (d.boxes = d.boxes.filter((b) => b.id !== v.box_id)),
    split: () => {
      const t = track(d, v.track);
      d.tracks.push({ ...t, id: `${t.id}.${++fresh}`, points: t.points.filter((p) => p[0] >= v.frame), state: 'open' });
      t.points = t.points.filter((p) => p[0] < v.frame);
    },
    merge: () => {
      const [a, b] = [track(d, v.track), track(d, v.with)];
      a.points = [...a.points, ...b.points].sort((x, y) => x[0] - y[0]);
      d.tracks = d.tracks.filter((t) => t !== b);
    },
    apart: () => d.apart.push(`${v.track} ${v.with}`, `${v.with} ${v.track}`),
    looked: () => {
      d.looked = [...new Set([...d.looked, v.frame])].sort((a, b) => a - b);
      for (const taxon of v.taxa) d.frame_verdicts.push({ frame: v.frame, kind: 'looked', by, taxon });
      for (const taxon of v.taxa) d.lookedTaxa[taxon] = [...new Set([...(d.lookedTaxa[taxon] ?? []), v.frame])];
    },
    count: () => ((d.counted[v.taxon] ??= {})[v.frame] = v.n),
    note: () => d.frame_verdicts.push({ frame: v.frame, kind: 'note', by, note: v.text }),
    keyframes: () => d.tracks.push({ id: `d${++fresh}`, taxon: v.taxon, machine_taxon: '', p: 1, state: 'accepted', flagged: false, by, drawn: true, points: v.keys.map((k) => [k.frame, ...k.box, 1]) }),
  };
  (kinds[v.kind] ?? (() => fail(`a verdict of the kind ${v.kind} is not known`)))();
}
