// Which tracks are in a frame. Two flat arrays, so that 2,000 tracks with 200,000 boxes are indexed in a few milliseconds.
import type { Track } from './types';

export interface FrameIndex {
  start: Uint32Array; // of each frame's part, one more than frames
  track: Uint32Array;
  point: Uint32Array;
}

export function indexFrames(tracks: Track[], frames: number): FrameIndex {
  const start = new Uint32Array(frames + 1);
  let all = 0;
  for (const t of tracks) {
    for (const p of t.points) {
      if (p[0] < 0 || p[0] >= frames) continue;
      start[p[0] + 1]!++;
      all++;
    }
  }
  for (let i = 0; i < frames; i++) start[i + 1]! += start[i]!;
  const at = start.slice(0, frames);
  const track = new Uint32Array(all);
  const point = new Uint32Array(all);
  tracks.forEach((t, k) => {
    t.points.forEach((p, j) => {
      if (p[0] < 0 || p[0] >= frames) return;
      const slot = at[p[0]]!++;
      track[slot] = k;
      point[slot] = j;
    });
  });
  return { start, track, point };
}

/** The index holds as long as no track's points changed: a verdict makes a new track around the same points. */
export function sameGeometry(a: Track[], b: Track[]): boolean {
  return a.length === b.length && a.every((t, k) => t.points === b[k]!.points);
}

/** The index of the frame whose time is nearest to t (seconds). */
export function nearestFrame(times: number[], t: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (times[mid]! < t) low = mid + 1;
    else high = mid;
  }
  return low > 0 && t - times[low - 1]! < times[low]! - t ? low - 1 : low;
}
