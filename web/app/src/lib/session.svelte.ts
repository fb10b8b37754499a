// Who is here and whether the server is: one per page.
import * as api from './api';
import { ApiError } from './api';
import { Outbox, type Item } from './outbox';
import type { Me, Said, Taxon, Verdict } from './types';

type Change = { opcode: string; seq: number; by: string };

class Session {
  me = $state.raw<Me | null>(null);
  taxa = $state.raw<Taxon[]>([]);
  problem = $state<'' | 'login' | 'gone'>('');
  waiting = $state.raw<Item[]>([]);
  message = $state('');
  present = $state.raw<Record<string, string>>({}); // who has which deployment open

  onChange: ((change: Change) => void) | null = null; // somebody's verdict, this page's own too
  onTaken: ((item: Item, said: Said) => void) | null = null;
  onRefused: ((item: Item) => void) | null = null;

  private outbox: Outbox | null = null;
  private events: EventSource | null = null;
  private owner = '';
  private place = '';
  private repeat: ReturnType<typeof setInterval> | undefined;
  private fading: ReturnType<typeof setTimeout> | undefined;

  get studied(): Taxon[] {
    return this.taxa.filter((t) => t.studied);
  }

  async start(): Promise<void> {
    try {
      await this.greet();
      this.taxa = (await api.taxa()) ?? [];
      this.problem = '';
      this.listen();
      void this.outbox?.flush();
    } catch (e) {
      this.fails(e);
      if (this.problem === 'gone') setTimeout(() => void this.start(), 1500);
    }
  }

  /** Asks who we are, which also gives the word that every POST must carry. */
  private async greet(): Promise<void> {
    const me = await api.me();
    api.setCSRF(me.csrf);
    const owner = `${me.survey_id}/${me.name}`;
    if (!this.outbox || this.owner !== owner) this.outbox = this.newOutbox(owner);
    this.owner = owner;
    this.me = me;
    this.waiting = this.outbox.waiting;
  }

  private newOutbox(owner: string): Outbox {
    return new Outbox(
      localStorage,
      {
        send: (item) => this.send(item),
        taken: (item, answer) => this.onTaken?.(item, answer as Said),
        refused: (item, why) => {
          this.say(`Not taken: ${why.message}`);
          this.onRefused?.(item);
        },
        changed: (waiting, gone) => {
          this.waiting = waiting;
          if (gone && this.problem === '') this.problem = 'gone';
          if (!gone && this.problem === 'gone' && waiting.length === 0) this.problem = '';
        },
        wait: (ms) => new Promise((go) => setTimeout(go, ms)),
      },
      owner,
    );
  }

  private async send(item: Item): Promise<unknown> {
    try {
      return await api.post(item.path, item.body);
    } catch (e) {
      if (!(e instanceof ApiError) || e.status !== 403) throw e;
      await this.greet(); // a server that was started again gives a new word
      return api.post(item.path, item.body);
    }
  }

  verdict(opcode: string, verdict: Verdict, seq: number, seen_s: number): void {
    const body = { ...verdict, seq, seen_s: Math.round(seen_s * 10) / 10 };
    this.outbox?.put({ opcode, what: 'verdicts', verdict, path: api.verdictPath(opcode, 'verdicts'), body });
  }

  step(opcode: string, what: 'undo' | 'redo'): void {
    this.outbox?.put({ opcode, what, path: api.verdictPath(opcode, what), body: {} });
  }

  other(opcode: string, path: string, body: Record<string, unknown>): void {
    this.outbox?.put({ opcode, what: 'other', path, body });
  }

  hush(): void {
    this.message = '';
  }

  /** A line at the foot of the page, read out too. */
  say(text: string, seconds = 6): void {
    this.message = text;
    clearTimeout(this.fading);
    this.fading = setTimeout(() => (this.message = ''), seconds * 1000);
  }

  /** Says what failed; true where the page cannot go on without the server. */
  fails(e: unknown): boolean {
    if (e instanceof ApiError && e.status === 401) this.problem = 'login';
    else if (e instanceof ApiError && e.gone) this.problem = 'gone';
    else this.say(e instanceof Error ? e.message : String(e));
    return this.problem !== '';
  }

  /** Being seen by the others at this deployment; '' at none. It lapses, so it is said again. */
  at(opcode: string): void {
    this.place = opcode;
    clearInterval(this.repeat);
    const tell = () => void api.post('api/presence', { opcode }).catch(() => undefined); // of no consequence
    tell();
    if (opcode !== '') this.repeat = setInterval(tell, 25_000);
  }

  /** Live updates. */
  private listen(): void {
    if (this.events && this.events.readyState !== EventSource.CLOSED) return;
    const events = new EventSource('api/events');
    this.events = events;
    events.addEventListener('verdict', (e) => this.onChange?.(JSON.parse((e as MessageEvent<string>).data) as Change));
    events.addEventListener('presence', (e) => {
      const p = JSON.parse((e as MessageEvent<string>).data) as { opcode: string; name: string };
      if (p.name !== this.me?.name) this.present = { ...this.present, [p.name]: p.opcode };
    });
    // Other counts are known now: nothing was said, so no number of a verdict comes with it.
    events.addEventListener('assessed', (e) => this.onChange?.({ opcode: (JSON.parse((e as MessageEvent<string>).data) as { opcode: string }).opcode, seq: 0, by: '' }));
    events.onopen = () => void this.back();
    events.onerror = () => {
      if (this.problem === '') this.problem = 'gone';
      // A refusal closes the stream for good; a lost server is tried again by the browser.
      if (events.readyState === EventSource.CLOSED) setTimeout(() => void this.back(), 1500);
    };
  }

  /** The server answers again, or another one in its place. */
  private async back(): Promise<void> {
    const was = this.problem;
    if (was === '') return;
    try {
      await this.greet();
      this.problem = '';
      this.outbox?.nudge();
      this.listen();
      this.at(this.place);
      this.onChange?.({ opcode: '', seq: -1, by: '' });
    } catch (e) {
      this.fails(e);
      if (this.problem === 'gone') setTimeout(() => void this.back(), 1500);
    }
  }

  /** Who else has this deployment open. */
  othersAt(opcode: string): string[] {
    return Object.keys(this.present).filter((name) => this.present[name] === opcode);
  }
}

export const session = new Session();
