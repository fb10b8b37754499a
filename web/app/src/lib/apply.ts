// What a verdict changes, told before the server has answered: the page must not wait for a disk. The server's answer
// replaces it. What only the server can work out (risk, splits, merges) stays as it is until then.
import { stillAsked } from './twice';
import type { Deployment, Drawn, Track, Verdict } from './types';

export function apply(d: Deployment, v: Verdict, by: string, id = ''): Deployment {
  return { ...changed(d, v, by, id), twice: stillAsked(d.twice, v) };
}

function changed(d: Deployment, v: Verdict, by: string, id: string): Deployment {
  switch (v.kind) {
    case 'accept':
      return ofTrack(d, v.track, (t) => ({ ...t, state: 'accepted', taxon: v.taxon ?? t.taxon, by }));
    case 'reject':
      return ofTrack(d, v.track, (t) => ({ ...t, state: 'rejected', by }));
    case 'absent':
      return ofTrack(d, v.track, (t) => (t.points.length > 1 ? { ...t, points: t.points.filter((p) => p[0] !== v.frame) } : { ...t, state: 'rejected', by }));
    case 'relabel':
      return ofTrack(d, v.track, (t) => ({ ...t, state: 'accepted', taxon: v.taxon, by }));
    case 'unsure':
      return ofTrack(d, v.track, (t) => ({ ...t, state: 'unsure', by }));
    case 'flag':
    case 'unflag':
      if (v.track !== undefined) return ofTrack(d, v.track, (t) => ({ ...t, flagged: v.kind === 'flag' }));
      return v.frame === undefined ? d : { ...d, frame_verdicts: flags(d, v.frame, v.kind === 'flag', by) };
    case 'add':
      return { ...d, boxes: [...d.boxes, { id: 'new-' + id, frame: v.frame, taxon: v.taxon, box: v.box, by, track: v.track ?? '' }] };
    case 'edit':
      return edit(d, v);
    case 'delete':
      return { ...d, boxes: d.boxes.filter((b) => b.id !== v.box_id) };
    case 'looked':
      return {
        ...d,
        looked: d.looked.includes(v.frame) ? d.looked : [...d.looked, v.frame].sort((a, b) => a - b),
        frame_verdicts: [...d.frame_verdicts, ...v.taxa.map((taxon) => ({ frame: v.frame, kind: 'looked', by, taxon }))],
      };
    case 'note':
      return { ...d, frame_verdicts: [...d.frame_verdicts, { frame: v.frame, kind: 'note', by, note: v.text }] };
    case 'count':
    case 'split':
    case 'merge':
    case 'apart':
      return d;
  }
}

function ofTrack(d: Deployment, id: string, change: (t: Track) => Track): Deployment {
  return { ...d, tracks: d.tracks.map((t) => (t.id === id ? change(t) : t)) };
}

function flags(d: Deployment, frame: number, on: boolean, by: string) {
  const rest = d.frame_verdicts.filter((f) => f.frame !== frame || f.kind !== 'flag');
  return on ? [...rest, { frame, kind: 'flag', by }] : rest;
}

function edit(d: Deployment, v: Extract<Verdict, { kind: 'edit' }>): Deployment {
  if (v.box_id !== undefined) {
    return { ...d, boxes: d.boxes.map((b): Drawn => (b.id === v.box_id ? { ...b, box: v.box } : b)) };
  }
  return ofTrack(d, v.track ?? '', (t) => ({
    ...t,
    points: t.points.map((p) => (p[0] === v.frame ? [p[0], ...v.box, p[5]] : p)),
  }));
}

/** What may wait to be sent, in the order in which it was said. */
export interface Waiting {
  id: string;
  opcode: string;
  what: 'verdicts' | 'undo' | 'redo' | 'other';
  verdict?: Verdict;
}

/** The deployment as the person sees it: the server's, with all that waits. An undo takes back what waits before it. */
export function withWaiting(base: Deployment, waiting: Waiting[], by: string): Deployment {
  const said: Waiting[] = [];
  const undone: Waiting[] = [];
  for (const w of waiting) {
    if (w.opcode !== base.opcode) continue;
    if (w.what === 'verdicts') said.push(w);
    if (w.what === 'undo') {
      const last = said.pop();
      if (last) undone.push(last);
    }
    if (w.what === 'redo') {
      const last = undone.pop();
      if (last) said.push(last);
    }
  }
  return said.reduce((d, w) => (w.verdict ? apply(d, w.verdict, by, w.id) : d), base);
}
