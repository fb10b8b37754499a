import { most, stepLine, ticks, type Columns, type Span } from './lanes';
import { clock } from './say';
import type { Deployment, TaxonState } from './types';

export const axis = 16; // pixels of the time axis below the lanes

export interface Colours {
  ink: string;
  soft: string;
  rule: string;
  machine: string;
  good: string;
  warn: string;
  gap: string;
}

export interface Lane {
  state: TaxonState;
  top: number;
  height: number;
}

/** Everything that does not move with the cursor. */
export function drawLanes(ctx: CanvasRenderingContext2D, d: Deployment, lanes: Lane[], span: Span, c: Columns, col: Colours): void {
  const width = c.first.length - 1;
  const height = (lanes.at(-1)?.top ?? 0) + (lanes.at(-1)?.height ?? 0);
  const x = (t: number) => ((t - span.from) / (span.to - span.from)) * width;
  ctx.clearRect(0, 0, width, height + axis);
  outside(ctx, d, x, width, height, col);
  for (const lane of lanes) drawLane(ctx, d, lane, c, col);
  lookedTicks(ctx, d, lanes, x, width, col);
  ctx.fillStyle = col.soft;
  ctx.font = '11px system-ui, sans-serif';
  ctx.textBaseline = 'alphabetic';
  for (const t of ticks(span, width)) {
    ctx.fillRect(Math.round(x(t)), height, 1, 4);
    const text = clock(t);
    const w = ctx.measureText(text).width;
    ctx.fillText(text, Math.min(Math.max(x(t) - w / 2, 0), width - w), height + 14);
  }
}

/** Gaps hatched, what is outside of the period dimmed: neither says "no sharks". */
function outside(ctx: CanvasRenderingContext2D, d: Deployment, x: (t: number) => number, width: number, height: number, col: Colours): void {
  ctx.fillStyle = col.gap;
  ctx.globalAlpha = 0.35;
  const [from, to] = [x(d.period.from_s), x(d.period.to_s)];
  if (from > 0) ctx.fillRect(0, 0, Math.min(from, width), height);
  if (to < width) ctx.fillRect(Math.max(to, 0), 0, width, height);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = col.warn;
  ctx.lineWidth = 1;
  for (const g of d.gaps) {
    const [a, b] = [Math.max(x(g.from_s), 0), Math.min(Math.max(x(g.to_s), x(g.from_s) + 2), width)];
    if (b <= a) continue;
    ctx.save();
    ctx.beginPath();
    ctx.rect(a, 0, b - a, height);
    ctx.fillStyle = col.gap;
    ctx.fill();
    ctx.clip();
    ctx.beginPath();
    for (let k = a - height; k < b; k += 6) {
      ctx.moveTo(k, height);
      ctx.lineTo(k + height, 0);
    }
    ctx.stroke();
    ctx.restore();
  }
}

function drawLane(ctx: CanvasRenderingContext2D, d: Deployment, lane: Lane, c: Columns, col: Colours): void {
  const width = c.first.length - 1;
  const counts = d.counts[lane.state.taxon];
  const machine = counts?.machine ? most(counts.machine, c) : null;
  const confirmed = counts ? most(counts.confirmed ?? [], c) : null;
  const top = Math.max(1, lane.state.confirmed, lane.state.machine ?? 0, machine ? machine.reduce((a, b) => Math.max(a, b), 0) : 0);
  const base = lane.top + lane.height - 2;
  const y = (v: number) => base - (v / top) * (lane.height - 6);
  ctx.fillStyle = col.rule;
  ctx.fillRect(0, lane.top + lane.height - 1, width, 1);
  if (machine) {
    stepLine(ctx, machine, y);
    ctx.strokeStyle = col.machine;
    ctx.lineWidth = 1;
    ctx.stroke();
  }
  if (confirmed) {
    stepLine(ctx, confirmed, y);
    ctx.lineWidth = 2;
    ctx.strokeStyle = col.good;
    ctx.stroke();
    ctx.lineTo(width, base);
    ctx.lineTo(0, base);
    ctx.globalAlpha = 0.25;
    ctx.fillStyle = col.good;
    ctx.fill();
    ctx.globalAlpha = 1;
    const peak = lane.state.confirmed > 0 ? confirmed.indexOf(lane.state.confirmed) : -1;
    if (peak >= 0) peakMark(ctx, peak, y(lane.state.confirmed), lane.state.confirmed, width, col);
  }
}

/** Where the confirmed MaxN is. */
function peakMark(ctx: CanvasRenderingContext2D, x: number, y: number, n: number, width: number, col: Colours): void {
  ctx.fillStyle = col.good;
  ctx.beginPath();
  ctx.arc(x, y, 4, 0, 2 * Math.PI);
  ctx.fill();
  ctx.font = 'bold 11px system-ui, sans-serif';
  ctx.textBaseline = 'top';
  ctx.fillText(String(n), x + 14 > width ? x - 14 : x + 7, y - 4);
}

/** A tick in a taxon's lane where somebody looked at all of the frame for it. */
function lookedTicks(ctx: CanvasRenderingContext2D, d: Deployment, lanes: Lane[], x: (t: number) => number, width: number, col: Colours): void {
  ctx.fillStyle = col.ink;
  const bottom = new Map(lanes.map((l) => [l.state.taxon, l.top + l.height]));
  for (const f of d.frame_verdicts) {
    const at = Math.round(x(d.frames[f.frame] ?? -1));
    const y = bottom.get(f.taxon ?? '');
    if (f.kind !== 'looked' || y === undefined || at < 0 || at > width) continue;
    ctx.fillRect(at, y - 6, 1, 6);
  }
}
