// What two readers contradict each other in, and how it is settled: by a verdict of what both agree on.
import { session } from './session.svelte';
import type { Dispute } from './types';

/** The verdict that says what one of them said. */
export function settling(d: Dispute, said: string): Record<string, unknown> {
  const { track, frame } = d;
  switch (d.over) {
    case 'number':
      return { kind: 'count', frame, taxon: d.taxa[0], n: Number(said) };
    case 'same':
      return { kind: said === 'one animal' ? 'merge' : 'apart', track, with: d.with };
    case 'here':
      return said === 'here' ? { kind: 'add', track, frame, taxon: d.taxa[0], box: d.box } : { kind: 'absent', track, frame };
    case 'track':
      if (said === 'rejected') return { kind: 'reject', track, frame };
      return said === 'unsure' ? { kind: 'unsure', track } : { kind: 'relabel', track, taxon: said };
  }
}

export function settle(opcode: string, d: Dispute, said: string): void {
  session.other(opcode, 'api/reconcile', { opcode, ...settling(d, said) });
}

export const nameOf = (d: Dispute) => `${d.over} ${d.track ?? ''} ${d.with ?? ''} ${d.frame} ${d.taxa.join()} ${d.a.who} ${d.b.who}`;
