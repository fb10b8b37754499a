// A track's boxes as few key frames: those from which the others follow on straight lines, within a tolerance. Douglas and
// Peucker's way (1973), over the boxes' four sides, in frames.
import { between } from './geometry';
import type { Box, Key, Point } from './types';

const boxOf = (p: Point): Box => [p[1], p[2], p[3], p[4]];

/** Pixels by which the worst side is off. */
function off(p: Point, a: Point, b: Point): number {
  const on = between(boxOf(a), boxOf(b), (p[0] - a[0]) / Math.max(b[0] - a[0], 1));
  return Math.max(...boxOf(p).map((v, k) => Math.abs(v - on[k]!)));
}

export function keyFrames(points: Point[], tolerance: number): Key[] {
  if (points.length === 0) return [];
  const keep = new Set<number>([0, points.length - 1]);
  const spans: [number, number][] = [[0, points.length - 1]];
  for (let s = spans.pop(); s; s = spans.pop()) {
    const [a, b] = s;
    let worst = 0;
    let at = -1;
    for (let k = a + 1; k < b; k++) {
      const d = off(points[k]!, points[a]!, points[b]!);
      if (d > worst) [worst, at] = [d, k];
    }
    if (worst <= tolerance || at < 0) continue;
    keep.add(at);
    spans.push([a, at], [at, b]);
  }
  return [...keep].sort((a, b) => a - b).map((k) => ({ frame: points[k]![0], box: boxOf(points[k]!) }));
}
