// What one key says. Each is one verdict or a few, and where to go then.
import type { Desk, Seen } from './desk.svelte';
import { moved, tidy } from './geometry';
import { session } from './session.svelte';
import { settings } from './settings.svelte';
import { plural, short } from './say';
import type { Box, Second } from './types';

function chosen(desk: Desk): Seen | null {
  if (!desk.chosen) session.say(desk.seen.length > 0 ? 'Choose a box first: ↑ or ↓.' : 'There is no box in this frame. B draws one.');
  return desk.chosen;
}

function chosenTrack(desk: Desk): Seen | null {
  const s = chosen(desk);
  if (s && !s.track) session.say('This box was drawn by a person. E changes it, Delete removes it.');
  return s?.track ? s : null;
}

/** On to the next box that nobody decided on, if there is one in this frame. */
function onward(desk: Desk): void {
  const next = desk.open[0] ?? desk.seen.find((s) => s.state === 'open');
  if (next) desk.selected = next.key;
}

export function accept(desk: Desk): void {
  const s = chosenTrack(desk);
  if (!s) return;
  desk.say({ kind: 'accept', track: s.track!.id });
  onward(desk);
}

/** No: of the whole track, or of this frame alone where the track is doubtful. */
export function reject(desk: Desk): void {
  const s = chosen(desk);
  if (!s) return;
  if (s.drawn) return remove(desk);
  deny(desk, s);
  onward(desk);
}

function deny(desk: Desk, s: Seen): void {
  const track = s.track!.id;
  desk.say(s.track!.doubtful ? { kind: 'absent', track, frame: desk.frame } : { kind: 'reject', track, frame: desk.frame });
}

/** No animal of any taxon, in none of its frames. */
export function rejectWhole(desk: Desk): void {
  const s = chosenTrack(desk);
  if (!s) return;
  desk.say({ kind: 'reject', track: s.track!.id, frame: desk.frame });
  onward(desk);
}

/** Not this animal here; the rest of the track stays as it was. */
export function absent(desk: Desk): void {
  const s = chosenTrack(desk);
  if (!s) return;
  desk.say({ kind: 'absent', track: s.track!.id, frame: desk.frame });
  onward(desk);
}

export function unsure(desk: Desk): void {
  const s = chosenTrack(desk);
  if (!s) return;
  desk.say({ kind: 'unsure', track: s.track!.id });
  onward(desk);
}

export function relabel(desk: Desk, taxon: string): void {
  if (desk.draft) {
    desk.draft = { ...desk.draft, taxon };
    return;
  }
  const s = chosen(desk);
  if (!s) return;
  if (s.track) {
    desk.say({ kind: 'relabel', track: s.track.id, taxon });
  } else {
    desk.say({ kind: 'delete', box_id: s.drawn!.id });
    desk.say({ kind: 'add', frame: desk.frame, taxon, box: s.box });
  }
  onward(desk);
}

export function relabelByKey(desk: Desk, key: number): void {
  const taxon = session.taxa.find((t) => t.key === key);
  if (taxon) relabel(desk, taxon.name);
  else session.say(`No taxon has the key ${key}. T lists them.`);
}

export function askTaxon(desk: Desk): void {
  if (!desk.draft && !chosen(desk)) return;
  desk.prompt = { what: 'taxon', title: 'What is it?', then: (taxon) => relabel(desk, taxon) };
}

/** The key that counts: all of the frame was looked at, and all animals in it are confirmed or added. */
export function looked(desk: Desk): void {
  if (!desk.d || desk.frames === 0 || desk.waits) return;
  if (desk.veiled) return session.say('How many do you see? The boxes come after that.');
  if (desk.open.length > 0) {
    desk.selected = desk.open[0]!.key;
    session.say(`${plural(desk.open.length, 'box', 'boxes')} of ${short(desk.taxon)} still open here: A accepts, R rejects, Space accepts all, Backspace rejects all.`);
    return;
  }
  const all = session.studied.map((t) => t.name);
  const open = new Set(desk.seen.filter((s) => s.state === 'open').map((s) => s.taxon));
  const taxa = settings.allTaxa ? all.filter((t) => !open.has(t)) : [];
  desk.say({ kind: 'looked', frame: desk.frame, taxa: taxa.includes(desk.taxon) ? taxa : [desk.taxon, ...taxa] });
  void goOn(desk);
}

/** A moment for the server's answer, which may certify or change the order; then on with what is known. */
async function goOn(desk: Desk): Promise<void> {
  const from = desk.frame;
  const before = desk.queue;
  for (let waited = 0; waited < 60 && desk.queue === before; waited += 10) await new Promise((go) => setTimeout(go, 10));
  if (desk.frame !== from || desk.justCertified.length > 0) return;
  desk.next();
}

export function allRight(desk: Desk): void {
  for (const s of desk.open) desk.say({ kind: 'accept', track: s.track!.id });
  looked(desk);
}

export function noneRight(desk: Desk): void {
  for (const s of desk.open) deny(desk, s);
  looked(desk);
}

export function draw(desk: Desk): void {
  const d = desk.d;
  if (!d) return;
  const [w, h] = [d.w / 8, d.h / 8];
  const box: Box = [d.w / 2 - w, d.h / 2 - h, d.w / 2 + w, d.h / 2 + h];
  desk.draft = { box: tidy(box, d.w, d.h), taxon: desk.taxon, of: null, fresh: true };
  session.say('Drag a box over the animal, or: arrows move, Shift with arrows sizes, Enter keeps it, Escape drops it.', 10);
}

export function edit(desk: Desk): void {
  const s = chosen(desk);
  if (s) desk.draft = { box: s.box, taxon: s.taxon, of: s };
}

export function remove(desk: Desk): void {
  const s = chosen(desk);
  if (!s) return;
  if (s.drawn) desk.say({ kind: 'delete', box_id: s.drawn.id });
  else session.say('The machine found this one: R rejects it.');
}

export function nudge(desk: Desk, dx: number, dy: number, size: boolean): void {
  const [d, draft] = [desk.d, desk.draft];
  if (!d || !draft) return;
  const step = Math.max(1, Math.round(d.w / 320));
  const b = draft.box;
  const box = size ? tidy([b[0], b[1], b[2] + dx * step, b[3] + dy * step], d.w, d.h) : moved(b, dx * step, dy * step, d.w, d.h);
  desk.draft = { ...draft, box, fresh: false };
}

export function keepDraft(desk: Desk): void {
  const [d, draft] = [desk.d, desk.draft];
  if (!d || !draft) return;
  const box = tidy(draft.box, d.w, d.h);
  const of = draft.of;
  desk.draft = null;
  if (!of) {
    desk.say({ kind: 'add', frame: desk.frame, taxon: draft.taxon, box });
    return;
  }
  if (of.drawn && of.taxon !== draft.taxon) {
    desk.say({ kind: 'delete', box_id: of.drawn.id });
    desk.say({ kind: 'add', frame: desk.frame, taxon: draft.taxon, box });
    return;
  }
  if (of.drawn) desk.say({ kind: 'edit', box_id: of.drawn.id, box });
  else desk.say({ kind: 'edit', track: of.track!.id, frame: desk.frame, box });
  if (of.track && of.taxon !== draft.taxon) desk.say({ kind: 'relabel', track: of.track.id, taxon: draft.taxon });
}

export function split(desk: Desk): void {
  const s = chosenTrack(desk);
  if (!s) return;
  if (s.track!.points[0]?.[0] === desk.frame) return session.say('The track begins here: there is nothing before to split from.');
  desk.say({ kind: 'split', track: s.track!.id, frame: desk.frame });
  session.say('Split: from this frame on it is another animal.');
}

export function merge(desk: Desk): void {
  const s = chosenTrack(desk);
  if (!s) return;
  if (desk.mergeFrom === '') {
    desk.mergeFrom = s.track!.id;
    session.say('Merge: choose the box that is the same animal, in this frame or another, and press M again. Escape stops.', 12);
    return;
  }
  const first = desk.mergeFrom;
  desk.mergeFrom = '';
  if (first === s.track!.id) return session.say('That is the same track. Merging stopped.');
  desk.say({ kind: 'merge', track: first, with: s.track!.id });
}

export function flag(desk: Desk): void {
  const s = desk.chosen;
  const frame = desk.frame;
  const marked = s?.track ? s.track.flagged : desk.d?.frame_verdicts.some((f) => f.frame === frame && f.kind === 'flag');
  const what = s?.track ? { track: s.track.id } : { frame };
  if (marked) return desk.say({ kind: 'unflag', ...what });
  desk.prompt = {
    what: 'text',
    title: 'A second opinion: what is the question? (may be left empty)',
    value: '',
    then: (note) => desk.say({ kind: 'flag', ...what, note }),
  };
}

export function count(desk: Desk): void {
  const [frame, taxon] = [desk.frame, desk.taxon];
  desk.prompt = {
    what: 'number',
    title: `How many ${taxon} are in this frame?`,
    value: String(desk.here),
    then: (n) => desk.say({ kind: 'count', frame, taxon, n: Number(n) }),
  };
}

/** The question of this frame. Said of the two that are asked about, whichever box is chosen. */
function answer(desk: Desk, kind: 'merge' | 'apart'): void {
  const pair = desk.questions[0];
  if (!pair) return session.say(desk.d?.twice.length ? 'No two boxes that are asked about lie on one another here. G leads to those that do.' : 'No two confirmed boxes of one taxon lie on one another.');
  desk.say({ kind, track: pair.a, with: pair.b });
  session.say(kind === 'merge' ? `${pair.b} went into ${pair.a}: one animal. Z undoes.` : `${pair.a} and ${pair.b} are two animals. Z undoes.`);
}

export const oneAnimal = (desk: Desk) => answer(desk, 'merge');
export const twoAnimals = (desk: Desk) => answer(desk, 'apart');

/** Which of two numbers of a frame is right. */
export function right(desk: Desk, second: Second, n: number): void {
  desk.say({ kind: 'count', frame: second.frame, taxon: second.taxon, n, again: true });
  const boxes = desk.seen.filter((s) => s.state === 'accepted' && s.taxon === second.taxon).length;
  if (boxes !== n) session.say(`${n} it is. The frame has ${plural(boxes, 'confirmed box', 'confirmed boxes')} of ${short(second.taxon)}: ${boxes < n ? 'B draws what is missing' : 'Shift N takes away what is not there'}. N goes on.`, 12);
  else desk.next();
}

export function note(desk: Desk): void {
  const frame = desk.frame;
  desk.prompt = { what: 'text', title: 'A note on this frame', value: '', then: (text) => text.trim() && desk.say({ kind: 'note', frame, text }) };
}

export function undo(desk: Desk): void {
  if (desk.d?.can_undo || session.waiting.length > 0) session.step(desk.opcode, 'undo');
  else session.say('There is nothing to undo.');
}

export function redo(desk: Desk): void {
  if (desk.d?.can_redo || session.waiting.some((w) => w.what === 'undo')) session.step(desk.opcode, 'redo');
  else session.say('There is nothing to do again.');
}
