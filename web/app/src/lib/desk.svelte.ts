// The desk: one deployment being looked at. What is shown, what is chosen, what is said. Keys and buttons both end here.
import * as api from './api';
import { withWaiting } from './apply';
import { prefetch, widthFor } from './images';
import { indexFrames, sameGeometry, type FrameIndex } from './index';
import type { Item } from './outbox';
import { session } from './session.svelte';
import { settings } from './settings.svelte';
import { short } from './say';
import { after, inFrame, nameOf, question } from './twice';
import type { Box, Deployment, Drawn, Next, Said, TaxonState, Track, TrackState, Twice, Verdict } from './types';

/** A box in the frame, of a track or drawn by a person. */
export interface Seen {
  key: string;
  track: Track | null;
  drawn: Drawn | null;
  taxon: string;
  box: Box;
  score: number | null;
  state: TrackState;
}

export interface Draft {
  box: Box;
  taxon: string;
  of: Seen | null; // null: a new box
  fresh?: boolean; // nobody has placed it yet: a drag draws it, wherever it begins
}

export type Prompt =
  | { what: 'taxon'; title: string; then: (taxon: string) => void }
  | { what: 'number' | 'text'; title: string; value: string; then: (value: string) => void };

export class Desk {
  base = $state.raw<Deployment | null>(null);
  frame = $state(0);
  taxon = $state(''); // the taxon at hand
  only = $state(''); // '': the queue goes through all studied taxa
  selected = $state('');
  queue = $state.raw<Next[]>([]);
  why = $state.raw<Next | null>(null); // why this frame is shown
  draft = $state.raw<Draft | null>(null);
  mergeFrom = $state('');
  private asking = $state(''); // the question that one was led to
  prompt = $state.raw<Prompt | null>(null);
  clip = $state(false);
  done = $state(false); // the queue has nothing left
  justCertified = $state.raw<TaxonState[]>([]);
  pictureWidth = $state(1280);

  private answered = $state.raw(new Set<string>()); // blind looks that were answered, on this page
  private index: { tracks: Track[]; frames: FrameIndex } | null = null;
  private visited: { frame: number; taxon: string }[] = [];
  private since = performance.now();
  private asked = 0;
  private resting: ReturnType<typeof setTimeout> | undefined;
  private passed = new Set<string>(); // looked at, which the queue as it is known does not know yet
  private led = new Set<string>(); // questions that one was led to
  private eager = false; // one waits for the queue, to go on

  readonly d = $derived.by(() => (this.base ? withWaiting(this.base, session.waiting, session.me?.name ?? '') : null));
  readonly seen = $derived.by(() => (this.d ? this.boxesIn(this.d, this.frame) : []));
  readonly chosen = $derived(this.seen.find((s) => s.key === this.selected) ?? null);
  readonly state = $derived(this.d?.taxa.find((t) => t.taxon === this.taxon) ?? null);
  readonly open = $derived(this.seen.filter((s) => s.state === 'open' && s.taxon === this.taxon));
  readonly looked = $derived(new Set(this.d?.frame_verdicts.filter((f) => f.kind === 'looked' && f.taxon === this.taxon).map((f) => f.frame) ?? []));
  readonly here = $derived(this.seen.filter((s) => s.state === 'accepted' && s.taxon === this.taxon).length);
  readonly questions = $derived(inFrame(this.d?.twice ?? [], new Map(this.seen.map((s) => [s.key.slice(2), s.box])), this.asking, this.selected.slice(2))); // the same animal?
  readonly disputes = $derived(this.d?.disputes.filter((x) => x.frames.includes(this.frame)) ?? []); // that concern this frame
  readonly seconds = $derived(this.d?.seconds.filter((x) => x.frame === this.frame) ?? []); // which of two numbers is right?
  readonly veiled = $derived(!!this.why && this.why.frame === this.frame && !!(this.why.audit || this.why.again) && !this.answered.has(blindName(this.why))); // no box is shown before the numbers are said
  readonly certified = $derived(!!this.d && this.d.taxa.length > 0 && this.d.taxa.every((t) => t.certified));

  /** A question that stands against what was just certified. */
  readonly unsettled = $derived(this.d?.twice.find((p) => this.certified || this.justCertified.some((t) => t.taxon === p.taxon)));

  constructor(readonly opcode: string) {}

  async load(frame: number, taxon: string, track: string): Promise<void> {
    try {
      this.base = tidied(await api.deployment(this.opcode));
    } catch (e) {
      session.fails(e);
      return;
    }
    session.at(this.opcode);
    this.taxon = taxon || this.riskiest();
    await this.refreshQueue();
    if (frame >= 0) this.goTo(frame, track);
    else if (this.queue[0] && !this.queue[0].done) this.show(this.queue[0]);
    else this.goTo(0);
  }

  /** The server's view anew: somebody else said something, or the server is another one. */
  async reload(): Promise<void> {
    try {
      this.base = tidied(await api.deployment(this.opcode));
      await this.refreshQueue();
    } catch (e) {
      session.fails(e);
    }
  }

  private riskiest(): string {
    const all = [...(this.base?.taxa ?? [])].sort((a, b) => Number(a.certified) - Number(b.certified) || b.risk - a.risk);
    return all[0]?.taxon ?? session.studied[0]?.name ?? '';
  }

  // What is in a frame.

  private boxesIn(d: Deployment, frame: number): Seen[] {
    if (this.veiled) return [];
    const ix = this.indexOf(d);
    const out: Seen[] = [];
    const wanted = new Set(this.why?.frame === frame ? this.why.tracks : []);
    for (let k = ix.start[frame] ?? 0; k < (ix.start[frame + 1] ?? 0); k++) {
      const t = d.tracks[ix.track[k]!]!;
      const p = t.points[ix.point[k]!]!;
      if (t.state === 'open' && t.p < settings.faint && !wanted.has(t.id)) continue;
      out.push({ key: 't:' + t.id, track: t, drawn: null, taxon: t.taxon, box: [p[1], p[2], p[3], p[4]], score: p[5], state: t.state });
    }
    for (const b of d.boxes) {
      if (b.frame === frame) out.push({ key: 'b:' + b.id, track: null, drawn: b, taxon: b.taxon, box: b.box, score: null, state: 'accepted' });
    }
    return out.sort((a, b) => a.box[0] - b.box[0]);
  }

  private indexOf(d: Deployment): FrameIndex {
    if (!this.index || (this.index.tracks !== d.tracks && !sameGeometry(this.index.tracks, d.tracks))) {
      this.index = { tracks: d.tracks, frames: indexFrames(d.tracks, d.frames.length) };
    }
    return this.index.frames;
  }

  // Where to look.

  get frames(): number {
    return this.base?.frames.length ?? 0;
  }

  time(i: number): number {
    return this.base?.frames[i] ?? 0;
  }

  goTo(i: number, track = ''): void {
    if (this.frames === 0) return;
    const to = Math.min(Math.max(i, 0), this.frames - 1);
    this.draft = null;
    this.clip = false;
    this.eager = false;
    this.asking = '';
    if (this.why?.frame !== to) this.why = this.queue.find((q) => q.frame === to && q.taxon === this.taxon) ?? null;
    this.frame = to;
    this.since = performance.now();
    const keep = track ? 't:' + track : this.selected;
    this.selected = this.seen.some((s) => s.key === keep) ? keep : (this.open[0]?.key ?? (this.why?.tracks[0] ? 't:' + this.why.tracks[0] : ''));
    this.prefetchAround();
  }

  private show(n: Next): void {
    this.why = n;
    this.taxon = n.taxon || this.taxon;
    this.selected = ''; // the first box that nobody decided on
    this.goTo(n.frame);
    this.visited.push({ frame: n.frame, taxon: this.taxon });
  }

  url(i: number): string {
    return api.frameURL(this.opcode, i, widthFor(this.pictureWidth, this.base?.w ?? 1280));
  }

  /** What is likely to be looked at next: the queue's next frames, and the neighbours once one rests. */
  private near(): number[] {
    const next = this.queue.filter((q) => q.frame !== this.frame).map((q) => q.frame);
    const beside = [this.frame + 1, this.frame - 1].filter((i) => i >= 0 && i < this.frames);
    return [...next.slice(0, 4), ...beside];
  }

  isNear(url: string): boolean {
    return this.near().some((i) => this.url(i) === url);
  }

  private prefetchAround(): void {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => prefetch(this.near().map((i) => this.url(i))), 60);
  }

  async refreshQueue(): Promise<void> {
    const mine = ++this.asked;
    const unsent = new Set(session.waiting.flatMap((w) => (w.verdict?.kind === 'looked' ? lookedAt(w.verdict) : [])));
    const known = [...this.passed].filter((p) => !unsent.has(p)); // to the server, when it answers
    try {
      const got = (await api.queue(this.opcode, this.only, 12)) ?? [];
      if (mine !== this.asked) return;
      this.queue = got.filter((n) => !n.done).map((n) => ({ ...n, tracks: n.tracks ?? [] }));
      this.done = this.queue.length === 0;
      for (const p of known) this.passed.delete(p);
      if (this.eager && !this.done) this.next();
      this.prefetchAround();
    } catch (e) {
      session.fails(e);
    }
  }

  /** The frame that lowers the risk most, of those not looked at. */
  next(): void {
    const pair = this.d?.twice.find((p) => !this.led.has(nameOf(p)));
    if (pair && this.questions.some((p) => nameOf(p) === nameOf(pair))) this.led.add(nameOf(pair)); // it was asked here, and passed
    else if (pair) return this.ask(pair);
    const here = (q: Next) => q.frame === this.frame && q.taxon === this.taxon;
    const n = this.queue.find((q) => !here(q) && !this.passed.has(`${q.frame} ${q.taxon}`));
    this.eager = !n && !this.done;
    if (n) this.show(n);
    else session.say(this.done ? this.rest() : 'The next frame comes as soon as the server has answered.');
  }

  /** To a question "the same animal?", at the frame in which the two overlap most; without one, to the one after that at hand. */
  ask(pair = after(this.d?.twice ?? [], this.questions[0])): void {
    if (!this.d || !pair) return session.say('No two confirmed boxes of one taxon lie on one another.');
    this.led.add(nameOf(pair));
    this.justCertified = [];
    this.why = { frame: pair.frame, taxon: pair.taxon, tracks: [pair.a, pair.b], reason: '', risk: 0, done: false }; // the question says why
    this.taxon = pair.taxon;
    this.goTo(pair.frame);
    this.asking = nameOf(pair);
    this.selected = this.seen.find((s) => s.key.slice(2) === pair.a)?.key ?? this.selected;
    this.visited.push({ frame: pair.frame, taxon: pair.taxon });
  }

  /** What came up since the server's last answer is said; the next step leads there. */
  private news(was: Twice[]): void {
    const old = new Set(was.map(nameOf));
    const fresh = (this.base?.twice ?? []).filter((p) => !old.has(nameOf(p)));
    const pair = fresh[0];
    if (!pair || this.questions.some((p) => nameOf(p) === nameOf(pair))) return; // what is in this frame is asked at its side
    session.say(`${question(pair, this.base!.frames)} G leads there.`);
  }

  /** A taxon is certified: on with what is riskiest now, of all. */
  async afterCertificate(): Promise<void> {
    this.only = '';
    await this.refreshQueue();
    this.next();
  }

  /** What is left once the queue is empty. */
  private rest(): string {
    if (this.d?.twice.length) return 'Nothing is left to look at, but boxes lie on one another: the same animal? G leads there.';
    if (this.d?.taxa.some((t) => t.status === 'disputed')) return 'Nothing is left to look at, but two readers contradict each other: N leads there.';
    return 'Nothing is left to look at here.';
  }

  back(): void {
    this.visited.pop();
    const last = this.visited.at(-1);
    if (!last) return session.say('This is where you began.');
    this.taxon = last.taxon;
    this.goTo(last.frame);
  }

  choose(step: number): void {
    if (this.seen.length === 0) return;
    const at = this.seen.findIndex((s) => s.key === this.selected);
    const to = at < 0 ? (step > 0 ? 0 : this.seen.length - 1) : (at + step + this.seen.length) % this.seen.length;
    this.selected = this.seen[to]!.key;
  }

  /** All of this frame was looked at a moment ago, and the server has not said yet what is next. */
  get waits(): boolean {
    return this.eager && this.passed.has(`${this.frame} ${this.taxon}`);
  }

  focusOn(taxon: string, only: boolean): void {
    this.taxon = taxon;
    this.only = only ? taxon : '';
    this.selected = this.open[0]?.key ?? this.selected;
    void this.refreshQueue();
  }

  // What is said.

  /** The numbers of a blind look: they are kept, and the boxes are shown. */
  unveil(numbers: Record<string, number>): void {
    const why = this.why;
    if (!why || !this.veiled) return;
    const again = !!why.again;
    const confirmed = (taxon: string) => this.d?.counts[taxon]?.confirmed[this.frame] ?? 0;
    const differ = Object.entries(numbers).filter(([taxon, n]) => n !== confirmed(taxon));
    for (const [taxon, n] of Object.entries(numbers)) this.say({ kind: 'count', frame: this.frame, taxon, n, blind: true, ...(again ? { again } : {}) });
    this.answered = new Set([...this.answered, blindName(why)]);
    if (again) {
      this.queue = this.queue.filter((q) => q !== why);
      return differ.length === 0 ? this.next() : undefined; // else the server asks which is right
    }
    this.selected = this.open[0]?.key ?? this.seen[0]?.key ?? '';
    const open = this.seen.filter((s) => s.state === 'open');
    if (differ.length === 0 && open.length === 0) {
      this.say({ kind: 'looked', frame: this.frame, taxa: Object.keys(numbers) });
      this.next();
      return;
    }
    const said = Object.entries(numbers).map(([taxon, n]) => `${n} ${short(taxon)}`);
    session.say(`You saw ${said.join(', ')}. Now the boxes: ${open.length > 0 ? 'decide on those that are open' : 'draw what has none (B)'}, then Enter.`, 12);
  }

  say(v: Verdict): void {
    if (!this.base) return;
    if (v.kind === 'looked') for (const p of lookedAt(v)) this.passed.add(p);
    const seconds = Math.min(300, (performance.now() - this.since) / 1000);
    this.since = performance.now();
    session.verdict(this.opcode, v, this.base.seq, seconds);
  }

  /** The server took what was said: its view is the true one. */
  taken(item: Item, said: Said | null): void {
    if (item.opcode !== this.opcode) return;
    const more = session.waiting.some((w) => w.id !== item.id && w.opcode === this.opcode);
    if (!said?.deployment) {
      void this.reload();
      return;
    }
    const was = this.base;
    this.base = tidied(said.deployment);
    this.news(was?.twice ?? []);
    const before = new Set(was?.taxa.filter((t) => t.certified).map((t) => t.taxon));
    const fresh = this.base.taxa.filter((t) => t.certified && !before.has(t.taxon));
    if (fresh.length > 0) {
      this.justCertified = fresh; // which the page says large
      session.hush();
    }
    if (!more || item.verdict?.kind === 'looked') void this.refreshQueue();
  }
}

const blindName = (n: Next) => `${n.frame} ${n.again ? 'again' : 'audit'}`;

const lookedAt = (v: { frame: number; taxa: string[] }) => v.taxa.map((taxon) => `${v.frame} ${taxon}`);

/** A server in Go says null for a list without members. */
function tidied(d: Deployment): Deployment {
  return {
    ...d,
    frames: d.frames ?? [],
    gaps: d.gaps ?? [],
    tracks: (d.tracks ?? []).map((t) => (t.points ? t : { ...t, points: [] })),
    looked: d.looked ?? [],
    boxes: d.boxes ?? [],
    frame_verdicts: d.frame_verdicts ?? [],
    taxa: d.taxa ?? [],
    counts: d.counts ?? {},
    twice: d.twice ?? [],
    disputes: d.disputes ?? [],
    seconds: d.seconds ?? [],
  };
}
