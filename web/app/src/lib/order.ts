// Which deployments come first: those that still need looking, the riskiest of them first.
import type { Row } from './types';

/** The greatest risk of the deployment's taxa; -1 where none is counted. */
export const worst = (r: Row) => Math.max(-1, ...(r.taxa ?? []).filter((t) => !t.certified).map((t) => t.risk));

export const isCertified = (r: Row) => r.state === 'certified';
export const isCounted = (r: Row) => r.state !== 'not counted';

export function needsLooking(rows: Row[]): Row[] {
  return rows.filter((r) => isCounted(r) && !isCertified(r)).sort((a, b) => worst(b) - worst(a) || a.opcode.localeCompare(b.opcode));
}

export function ordered(rows: Row[]): Row[] {
  const rest = rows.filter((r) => !isCounted(r) || isCertified(r));
  return [...needsLooking(rows), ...rest.sort((a, b) => Number(isCertified(b)) - Number(isCertified(a)) || a.opcode.localeCompare(b.opcode))];
}
