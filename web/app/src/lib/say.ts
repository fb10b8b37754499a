// Numbers and times as a person reads them.
import type { TaxonState } from './types';

/** 3725 → "1:02:05"; 65.2 → "1:05". */
export function clock(s: number): string {
  const whole = Math.max(0, Math.floor(s + 1e-6));
  const two = (n: number) => String(n).padStart(2, '0');
  const h = Math.floor(whole / 3600);
  const m = Math.floor(whole / 60) % 60;
  return h > 0 ? `${h}:${two(m)}:${two(whole % 60)}` : `${m}:${two(whole % 60)}`;
}

export function percent(p: number): string {
  if (!Number.isFinite(p)) return '?';
  const x = p * 100;
  if (x > 0 && x < 0.1) return '<0.1 %';
  if (x > 99.9 && x < 100) return '>99.9 %';
  return `${x < 10 ? Math.round(x * 10) / 10 : Math.round(x)} %`;
}

export const number = (n: number) => n.toLocaleString('en-GB');

export const plural = (n: number, one: string, many = one + 's') => `${number(n)} ${n === 1 ? one : many}`;

/** How far a number may be trusted, in a few words. */
export function standing(t: TaxonState, frames: number): string {
  switch (t.status) {
    case 'machine':
      return 'machine, nobody looked';
    case 'reviewed':
      return `reviewed, ${number(t.looked)} of ${number(frames)} frames looked at`;
    case 'certified':
      return '✓ certified';
    case 'disputed':
      return '≠ disputed';
    default:
      return 'being worked out';
  }
}

/** "Carcharhinus amblyrhynchos" → "C. amblyrhynchos", where room is short. */
export function short(taxon: string): string {
  const parts = taxon.split(' ');
  return parts.length === 2 && /^[A-Z][a-z]+$/.test(parts[0]!) && /^[a-z]/.test(parts[1]!) ? `${parts[0]![0]}. ${parts[1]}` : taxon;
}
