// Two confirmed animals that lie on one another: which are asked about, and how it is said.
import { clock } from './say';
import type { Box, Status, TaxonState, Twice, Verdict } from './types';

/** The questions that a verdict leaves: merge and apart answer one, who is no animal or of another taxon is in none. */
export function stillAsked(pairs: Twice[], v: Verdict): Twice[] {
  switch (v.kind) {
    case 'merge':
    case 'apart':
      return pairs.filter((p) => !(has(p, v.track) && has(p, v.with)));
    case 'reject':
    case 'absent': // the server asks again where the two still lie on one another
    case 'unsure':
      return pairs.filter((p) => !has(p, v.track));
    case 'relabel':
      return pairs.filter((p) => !has(p, v.track) || p.taxon === v.taxon);
    case 'delete':
      return pairs.filter((p) => !has(p, v.box_id));
    default:
      return pairs;
  }
}

export const has = (p: Twice, id: string) => p.a === id || p.b === id;

/** Names a question, however often the server tells of it. */
export const nameOf = (p: Twice) => `${p.a} ${p.b}`;

/** Those of which both are in the frame and touch there: first the one that one was led to, then those of the chosen box. */
export function inFrame(pairs: Twice[], boxes: Map<string, Box>, asking: string, chosen: string): Twice[] {
  const here = pairs.filter((p) => touch(boxes.get(p.a), boxes.get(p.b)));
  const rank = (p: Twice) => (nameOf(p) === asking ? 2 : Number(has(p, chosen)));
  return here.sort((p, q) => rank(q) - rank(p));
}

const touch = (a: Box | undefined, b: Box | undefined) => !!a && !!b && a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

/** The question after this one, round and round. */
export function after(pairs: Twice[], at: Twice | undefined): Twice | undefined {
  const n = at ? pairs.findIndex((p) => nameOf(p) === nameOf(at)) : -1;
  return pairs[(n + 1) % pairs.length];
}

export const question = (p: Twice, times: number[]) => `${p.a} and ${p.b} lie on one another at ${clock(times[p.frame] ?? 0)}: the same animal?`;

/** What may make a number wrong, '' where nothing is asked. */
export function doubt(t: TaxonState): string {
  const n = t.twice ?? 0;
  return n === 0 ? '' : n === 1 ? 'may count one animal twice' : 'may count animals twice';
}

const meanings: Record<Exclude<Status, ''>, string> = {
  machine: 'as the machine counted: nobody looked',
  reviewed: 'people looked; what is left to look at may change it',
  certified: 'nothing that is left to look at is likely to change it',
  disputed: 'two readers contradict each other, and it is not settled: no certificate holds',
};

export const meaning = (s: Status | undefined) => (s ? meanings[s] : 'being worked out');
