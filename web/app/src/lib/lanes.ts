// The lanes: each taxon's counts over time. Only what is seen is drawn: as many columns as the screen has pixels, each with
// the most of its frames, so that a peak of one frame is not lost however far one is away.

export interface Span {
  from: number; // seconds
  to: number;
}

export interface Columns {
  first: Int32Array; // the first frame of each pixel column, and one beyond the last
}

/** Which frames fall into which pixel column. Times rise. */
export function columns(times: number[], span: Span, width: number): Columns {
  const first = new Int32Array(width + 1);
  let i = 0;
  for (let x = 0; x <= width; x++) {
    const t = span.from + ((span.to - span.from) * x) / width;
    while (i < times.length && times[i]! < t) i++;
    first[x] = i;
  }
  return { first };
}

/** The most in each column, -1 where it has no frame. */
export function most(values: ArrayLike<number>, c: Columns): Int32Array {
  const out = new Int32Array(c.first.length - 1).fill(-1);
  for (let x = 0; x < out.length; x++) {
    for (let i = c.first[x]!; i < c.first[x + 1]!; i++) {
      const v = values[i] ?? 0;
      if (v > out[x]!) out[x] = v;
    }
  }
  return out;
}

/** A line through columns: a column without a frame of its own holds what the one before had. */
export function stepLine(ctx: CanvasRenderingContext2D, values: Int32Array, y: (v: number) => number): void {
  ctx.beginPath();
  let last = 0;
  for (let x = 0; x < values.length; x++) {
    const v = values[x]! < 0 ? last : values[x]!;
    if (x === 0) ctx.moveTo(0, y(v));
    else if (v !== last) {
      ctx.lineTo(x, y(last));
      ctx.lineTo(x, y(v));
    }
    last = v;
  }
  ctx.lineTo(values.length, y(last));
}

const steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600];

/** Round times for the axis, at least `apart` pixels from one another. */
export function ticks(span: Span, width: number, apart = 70): number[] {
  const perPixel = (span.to - span.from) / Math.max(width, 1);
  const step = steps.find((s) => s / perPixel >= apart) ?? 7200;
  const out: number[] = [];
  for (let t = Math.ceil(span.from / step) * step; t <= span.to; t += step) out.push(t);
  return out;
}

/** Zoomed by a factor around a time, within the whole, never closer than ten seconds. */
export function zoomed(span: Span, whole: Span, factor: number, around: number): Span {
  const length = Math.min(Math.max((span.to - span.from) / factor, 10), whole.to - whole.from);
  const part = (around - span.from) / Math.max(span.to - span.from, 1e-9);
  const from = Math.min(Math.max(around - part * length, whole.from), whole.to - length);
  return { from, to: from + length };
}
