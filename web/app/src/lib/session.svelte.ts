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
  present = $state.raw<Record<string, { opcode: string; at: number }>>({});

  onChange: ((change: Change) => void) | null = null; // somebody's verdict, this page's own too
  onTaken: ((item: Item, said: Said) => void) | null = null;
  onRefused: ((item: Item) => void) | null = null;

  private outbox: Outbox | null = null;
  private events: EventSource | null = null;
  private stream = '';
  private fading: ReturnType<typeof setTimeout> | undefined;

  get studied(): Taxon[] {
    return this.taxa.filter((t) => t.studied);
  }

  async start(): Promise<void> {
    try {
      await this.greet();
      this.taxa = (await api.taxa()) ?? [];
      this.problem = '';
      this.listen('');
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
    if (!this.outbox || this.me?.name !== me.name) this.outbox = this.newOutbox(me.name);
    this.me = me;
    this.waiting = this.outbox.waiting;
  }

  private newOutbox(name: string): Outbox {
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
      name,
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

  /** Live updates, and being seen by the others at this deployment. */
  listen(opcode: string): void {
    const url = 'api/events' + (opcode === '' ? '' : `?opcode=${encodeURIComponent(opcode)}`);
    if (this.events && this.stream === url && this.events.readyState !== EventSource.CLOSED) return;
    this.events?.close();
    this.stream = url;
    const events = new EventSource(url);
    this.events = events;
    events.addEventListener('verdict', (e) => this.onChange?.(JSON.parse((e as MessageEvent<string>).data) as Change));
    events.addEventListener('presence', (e) => {
      const p = JSON.parse((e as MessageEvent<string>).data) as { opcode: string; name: string };
      if (p.name !== this.me?.name) this.present = { ...this.present, [p.name]: { opcode: p.opcode, at: Date.now() } };
    });
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
      if (this.events?.readyState === EventSource.CLOSED) this.listen(new URL(this.stream, location.href).searchParams.get('opcode') ?? '');
      this.onChange?.({ opcode: '', seq: -1, by: '' });
    } catch (e) {
      this.fails(e);
      if (this.problem === 'gone') setTimeout(() => void this.back(), 1500);
    }
  }

  /** Who else looked at this deployment within the last two minutes. */
  othersAt(opcode: string): string[] {
    return Object.entries(this.present)
      .filter(([, p]) => p.opcode === opcode && Date.now() - p.at < 120_000)
      .map(([name]) => name);
  }
}

export const session = new Session();
