// Where one is stands in the address, so that a reload brings one back to the same place.

export type View = 'list' | 'review' | 'annotate' | 'log' | 'agreement' | 'suggest' | 'ask';

export interface Route {
  view: View;
  opcode: string;
  frame: number; // -1: wherever the queue says
  taxon: string;
  track: string;
}

const none: Route = { view: 'list', opcode: '', frame: -1, taxon: '', track: '' };

export function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [view = '', op = '', frame = ''] = path.split('/');
  const q = new URLSearchParams(query);
  const place = { opcode: plain(op), frame: /^\d+$/.test(frame) ? Number(frame) : -1, taxon: q.get('taxon') ?? '', track: q.get('track') ?? '' };
  switch (view) {
    case 'review':
    case 'annotate':
    case 'log':
      return op === '' ? none : { view, ...place };
    case 'agreement':
    case 'suggest':
    case 'ask':
      return { ...none, view };
    default:
      return none;
  }
}

function plain(s: string): string {
  try {
    return decodeURIComponent(s);
  } catch {
    return '';
  }
}

export function format(r: Partial<Route> & { view: View }): string {
  if (r.view === 'list') return '#/';
  let out = `#/${r.view}`;
  if (r.opcode) out += '/' + encodeURIComponent(r.opcode);
  if (r.opcode && r.frame !== undefined && r.frame >= 0) out += '/' + r.frame;
  const q = new URLSearchParams();
  if (r.taxon) q.set('taxon', r.taxon);
  if (r.track) q.set('track', r.track);
  const query = q.toString();
  return query === '' ? out : `${out}?${query}`;
}

class Router {
  now = $state.raw<Route>(parse(location.hash));

  constructor() {
    addEventListener('hashchange', () => (this.now = parse(location.hash)));
  }

  go(r: Partial<Route> & { view: View }): void {
    location.hash = format(r);
  }

  /** The place moved within the view: the address follows, the history does not grow. */
  stay(r: Partial<Route> & { view: View }): void {
    const hash = format(r);
    if (hash !== location.hash) history.replaceState(null, '', hash);
  }
}

export const router = new Router();
