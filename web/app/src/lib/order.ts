// Which deployments come first: those that still need looking, the riskiest of them first; where the survey has a limit over all its certificates,
// the one whose next look buys most.
import type { Row } from './types';

/** The greatest risk of the deployment's taxa; -1 where none is counted. */
export const worst = (r: Row) => Math.max(-1, ...(r.taxa ?? []).filter((t) => !t.certified).map((t) => t.risk));

/** By how much the next look at it lowers the sum of the survey's risks; -1 where the survey has no limit over all certificates. */
const gain = (r: Row) => Math.max(-1, ...(r.taxa ?? []).filter((t) => !t.certified).map((t) => t.gain ?? -1));

/** The certificates of a list, and how many of them are expected to be wrong, where a risk of goal stands for a chance of limit. */
export function certificates(rows: Row[], goal: number, limit: number): { n: number; wrong: number } {
  const all = rows.flatMap((r) => r.taxa ?? []).filter((t) => t.status === 'certified');
  return { n: all.length, wrong: all.reduce((sum, t) => sum + (t.risk * limit) / goal, 0) };
}

export const isCertified = (r: Row) => r.state === 'certified';
export const isCounted = (r: Row) => r.state !== 'not counted';

export function needsLooking(rows: Row[]): Row[] {
  return rows.filter((r) => isCounted(r) && !isCertified(r)).sort((a, b) => gain(b) - gain(a) || worst(b) - worst(a) || a.opcode.localeCompare(b.opcode));
}

export function ordered(rows: Row[]): Row[] {
  const rest = rows.filter((r) => !isCounted(r) || isCertified(r));
  return [...needsLooking(rows), ...rest.sort((a, b) => Number(isCertified(b)) - Number(isCertified(a)) || a.opcode.localeCompare(b.opcode))];
}
