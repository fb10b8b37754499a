import type { Box, Key } from './types';

export const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);

/** The box with its corners in order, inside the picture, at least `least` pixels wide and high. */
export function tidy(b: Box, w: number, h: number, least = 4): Box {
  const x1 = clamp(Math.min(b[0], b[2]), 0, w - least);
  const y1 = clamp(Math.min(b[1], b[3]), 0, h - least);
  const x2 = clamp(Math.max(b[0], b[2]), x1 + least, w);
  const y2 = clamp(Math.max(b[1], b[3]), y1 + least, h);
  return [round(x1), round(y1), round(x2), round(y2)];
}

const round = (x: number) => Math.round(x * 10) / 10;

/** Moved as a whole; it stops at the picture's edge and keeps its size. */
export function moved(b: Box, dx: number, dy: number, w: number, h: number): Box {
  const x = clamp(dx, -b[0], w - b[2]);
  const y = clamp(dy, -b[1], h - b[3]);
  return [b[0] + x, b[1] + y, b[2] + x, b[3] + y];
}

export type Handle = 'nw' | 'n' | 'ne' | 'e' | 'se' | 's' | 'sw' | 'w';
export const handles: Handle[] = ['nw', 'n', 'ne', 'e', 'se', 's', 'sw', 'w'];

export function handleAt(b: Box, h: Handle): [number, number] {
  const x = h.includes('w') ? b[0] : h.includes('e') ? b[2] : (b[0] + b[2]) / 2;
  const y = h.includes('n') ? b[1] : h.includes('s') ? b[3] : (b[1] + b[3]) / 2;
  return [x, y];
}

export function resized(b: Box, h: Handle, x: number, y: number): Box {
  const out: Box = [...b];
  if (h.includes('w')) out[0] = x;
  if (h.includes('e')) out[2] = x;
  if (h.includes('n')) out[1] = y;
  if (h.includes('s')) out[3] = y;
  return out;
}

export function between(a: Box, b: Box, part: number): Box {
  return a.map((v, k) => v + (b[k]! - v) * part) as Box;
}

/**
 * Where a drawn animal is in a frame: on a straight line between the key frames around it, where it was outside of them,
 * nowhere before the first, after the last, or between one that says it is out of the picture and the next.
 */
export function interpolated(keys: Key[], frame: number): Box | null {
  let before: Key | null = null;
  for (const k of keys) {
    if (k.frame === frame) return k.outside ? null : k.box;
    if (k.frame > frame) {
      if (!before || before.outside) return null;
      return k.outside ? before.box : between(before.box, k.box, (frame - before.frame) / (k.frame - before.frame));
    }
    before = k;
  }
  return null;
}

/** Keys in order of their frames, with this one put in or put in place of the one of its frame. */
export function withKey(keys: Key[], key: Key): Key[] {
  return [...keys.filter((k) => k.frame !== key.frame), key].sort((a, b) => a.frame - b.frame);
}
