// What a person said waits here until the server has it: kept in the browser's storage, so that neither a server that is
// gone nor a page that is closed loses it. Everything is sent in the order in which it was said, one at a time, and carries
// an id, by which the server takes it once however often it comes.
import { ApiError } from './api';
import type { Waiting } from './apply';

export interface Item extends Waiting {
  owner: string; // whose word it is, of which survey: nobody else may send it, and not to another
  path: string;
  body: Record<string, unknown>;
}

export interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
  key(n: number): string | null;
  readonly length: number;
}

export interface Hooks {
  send(item: Item): Promise<unknown>;
  taken(item: Item, answer: unknown): void;
  refused(item: Item, why: ApiError): void; // the server does not want it: it is not sent again
  changed(waiting: Item[], gone: boolean): void;
  wait(ms: number): Promise<void>;
}

const prefix = 'requin.out.';

export class Outbox {
  private items: Item[];
  private sending = false;
  private wake: (() => void) | null = null;

  constructor(
    private store: Store,
    private hooks: Hooks,
    private owner: string,
  ) {
    this.items = stored(store).filter((i) => i.owner === owner);
  }

  get waiting(): Item[] {
    return this.items;
  }

  put(what: Omit<Item, 'id' | 'owner'>): string {
    const id = newId();
    const item: Item = { ...what, id, owner: this.owner, body: { ...what.body, nonce: id } };
    this.items = [...this.items, item];
    try {
      this.store.setItem(prefix + id, JSON.stringify(item));
    } catch {
      // Storage is full or forbidden: it is still sent, from memory.
    }
    this.hooks.changed(this.items, false);
    void this.flush();
    return id;
  }

  /** The server may be back: do not wait any longer. */
  nudge(): void {
    this.wake?.();
    void this.flush();
  }

  async flush(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    let tries = 0;
    try {
      while (this.items.length > 0) {
        const item = this.items[0]!;
        const why = await this.sent(item);
        if (why === null) {
          tries = 0;
          continue;
        }
        tries++;
        this.hooks.changed(this.items, true);
        const pause = Math.min(5000, 250 * 2 ** tries);
        await Promise.race([this.hooks.wait(pause), new Promise<void>((go) => (this.wake = go))]);
        this.wake = null;
      }
    } finally {
      this.sending = false;
    }
  }

  /** Null once the server has answered, one way or the other; else why it could not be asked. */
  private async sent(item: Item): Promise<ApiError | null> {
    let answer: unknown;
    try {
      answer = await this.hooks.send(item);
    } catch (e) {
      const why = e instanceof ApiError ? e : new ApiError(500, String(e));
      if (why.gone || why.status === 401 || why.status === 403 || why.status === 429) return why;
      this.drop(item);
      this.hooks.refused(item, why);
      this.hooks.changed(this.items, false);
      return null;
    }
    this.drop(item);
    this.hooks.taken(item, answer);
    this.hooks.changed(this.items, false);
    return null;
  }

  private drop(item: Item): void {
    this.items = this.items.filter((i) => i.id !== item.id);
    this.store.removeItem(prefix + item.id);
  }
}

/** All that is kept, in the order in which it was said. What cannot be read is left alone. */
function stored(store: Store): Item[] {
  const out: Item[] = [];
  for (let n = 0; n < store.length; n++) {
    const key = store.key(n);
    if (!key?.startsWith(prefix)) continue;
    try {
      out.push(JSON.parse(store.getItem(key) ?? '') as Item);
    } catch {
      continue;
    }
  }
  return out.sort((a, b) => (a.id < b.id ? -1 : 1));
}

let counter = 0;

/** Rises with time, and differs between browsers. randomUUID would need https on other addresses than loopback. */
export function newId(): string {
  const random = crypto.getRandomValues(new Uint32Array(2));
  const part = (n: number, width: number) => n.toString(36).padStart(width, '0');
  return `${part(Date.now(), 9)}-${part(counter++, 4)}-${part(random[0]!, 7)}${part(random[1]!, 7)}`;
}
