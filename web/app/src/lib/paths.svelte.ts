// Annotate: an animal is drawn in a few key frames, and is on straight lines between them.
import * as api from './api';
import type { Desk } from './desk.svelte';
import { interpolated, tidy, withKey } from './geometry';
import { session } from './session.svelte';
import { short } from './say';
import { keyFrames } from './simplify';
import type { Box, Key } from './types';

export interface Path {
  id: string; // '': not saved yet
  taxon: string;
  keys: Key[];
  changed: boolean;
}

export class Paths {
  path = $state.raw<Path | null>(null);

  readonly ghost = $derived.by(() => (this.path && !this.desk.draft ? interpolated(this.path.keys, this.desk.frame) : null));

  constructor(private desk: Desk) {}

  /** True where the key meant something here that it does not mean in a review. */
  key(name: string): boolean {
    const own: Record<string, () => void> = {
      Enter: () => this.here(),
      c: () => this.copyOn(),
      e: () => this.edit(),
      o: () => this.outside(),
      Delete: () => this.removeKey(),
      s: () => this.save(),
      Escape: () => this.drop(),
    };
    if (name === 'Escape' && !this.path) return false;
    if (name === ' ' || name === 'Backspace') return true; // these are verdicts, and nothing here
    const run = own[name];
    if (!run) return false;
    run();
    return true;
  }

  /** The chosen box as a start: the model's proposal, or what somebody drew before. */
  take(): void {
    const s = this.desk.chosen;
    const d = this.desk.d;
    if (!s?.track || !d) return session.say('Choose a box to start from (↑ ↓), or draw one: B.');
    const keys = s.track.keys?.length ? s.track.keys : keyFrames(s.track.points, d.w / 200);
    this.path = { id: s.track.drawn ? s.track.id : '', taxon: s.taxon, keys, changed: !s.track.drawn };
    session.say(`${keys.length} key frames. Mend them with E, S saves.`);
  }

  /** A key frame here, as the animal stands. */
  here(): void {
    if (!this.path) return this.take();
    const box = this.ghost ?? this.path.keys.findLast((k) => k.frame < this.desk.frame)?.box ?? this.path.keys[0]?.box;
    if (box) this.put(box);
  }

  private put(box: Box, frame = this.desk.frame): void {
    const d = this.desk.d;
    if (!d || !this.path) return;
    this.path = { ...this.path, keys: withKey(this.path.keys, { frame, box: tidy(box, d.w, d.h) }), changed: true };
  }

  /** A box was drawn or moved. */
  keepDraft(): void {
    const draft = this.desk.draft;
    if (!draft) return;
    this.desk.draft = null;
    this.path ??= { id: '', taxon: draft.taxon, keys: [], changed: true };
    this.path = { ...this.path, taxon: draft.taxon };
    this.put(draft.box);
  }

  /** With the mouse a box is kept once it is let go. */
  drew(box: Box): void {
    if (!this.desk.draft) return;
    this.desk.draft = { ...this.desk.draft, box };
    this.keepDraft();
  }

  copyOn(): void {
    const box = this.ghost ?? (this.path ? null : this.desk.chosen?.box);
    if (!box) return session.say('There is no box here to copy to the next frame.');
    if (!this.path) this.path = { id: '', taxon: this.desk.chosen?.taxon ?? this.desk.taxon, keys: [], changed: true };
    if (this.desk.frame + 1 >= this.desk.frames) return session.say('This is the last frame.');
    this.put(box);
    this.put(box, this.desk.frame + 1);
    this.desk.goTo(this.desk.frame + 1);
  }

  edit(): void {
    const box = this.ghost;
    if (!box && !this.path) return this.take();
    if (!this.path || !box) return session.say('The animal is not in this frame. B draws it here.');
    this.desk.draft = { box, taxon: this.path.taxon, of: null };
  }

  outside(): void {
    const box = this.ghost ?? this.path?.keys.findLast((k) => k.frame < this.desk.frame)?.box;
    if (!this.path || !box) return session.say('No animal is being drawn.');
    this.path = { ...this.path, keys: withKey(this.path.keys, { frame: this.desk.frame, box, outside: true }), changed: true };
  }

  removeKey(): void {
    if (!this.path) return;
    const keys = this.path.keys.filter((k) => k.frame !== this.desk.frame);
    this.path = keys.length > 0 ? { ...this.path, keys, changed: true } : null;
  }

  save(): void {
    const p = this.path;
    if (!p) return session.say('Nothing is being drawn.');
    const body: Record<string, unknown> = { taxon: p.taxon, keys: p.keys };
    if (p.id) body['id'] = p.id;
    session.other(this.desk.opcode, api.keyframesPath(this.desk.opcode), body);
    this.path = null;
    session.say(`Saved: ${short(p.taxon)} in ${p.keys.length} key frames.`);
  }

  drop(): void {
    this.path = null;
  }
}
