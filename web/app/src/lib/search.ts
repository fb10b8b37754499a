// Type-ahead over taxa: by name, by common name, by synonym, by the first letters of each word ("cam" and "c am" both find
// Carcharhinus amblyrhynchos).
import type { Taxon } from './types';

const fold = (s: string) =>
  s
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase();

/** The taxa that fit what was typed, best first; all of them where nothing was typed. */
export function search(taxa: Taxon[], typed: string): Taxon[] {
  const words = fold(typed).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...taxa].sort((a, b) => (a.key || 99) - (b.key || 99) || Number(b.studied) - Number(a.studied));
  return taxa
    .map((taxon) => ({ taxon, worth: worth(taxon, words) }))
    .filter((x) => x.worth > 0)
    .sort((a, b) => b.worth - a.worth || Number(b.taxon.studied) - Number(a.taxon.studied))
    .map((x) => x.taxon);
}

function worth(t: Taxon, words: string[]): number {
  const names = [t.name, t.common, ...(t.synonyms ?? [])].filter(Boolean);
  return Math.max(0, ...names.map((name, k) => worthOfName(fold(name), words) * (k === 0 ? 1.1 : 1)));
}

function worthOfName(name: string, words: string[]): number {
  const typed = words.join(' ');
  if (name === typed) return 10;
  if (name.startsWith(typed)) return 8;
  const parts = name.split(/[\s-]+/);
  let at = 0;
  const inOrder = words.every((w) => {
    const k = parts.findIndex((p, i) => i >= at && p.startsWith(w));
    at = k + 1;
    return k >= 0;
  });
  if (inOrder) return 6;
  if (initials(parts, typed.replaceAll(' ', ''))) return 4;
  return words.every((w) => name.includes(w)) ? 2 : 0;
}

/** "cam": a letter of the genus, then the beginning of the species. */
function initials(parts: string[], typed: string): boolean {
  const [first, second] = parts;
  return !!first && !!second && typed.length > 1 && first[0] === typed[0] && second.startsWith(typed.slice(1));
}
