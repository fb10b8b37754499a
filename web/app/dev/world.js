// A made-up deployment, drawn from a fixed seed: for working on the page without a survey, and for measuring it with
// 2,000 tracks in 3,600 frames. Nothing of it is a fish.

export const taxa = [
  { name: 'Carcharhinus amblyrhynchos', common: 'Grey reef shark', synonyms: ['requin gris'], studied: true, key: 1 },
  { name: 'Triaenodon obesus', common: 'Whitetip reef shark', synonyms: ['requin corail'], studied: true, key: 2 },
  { name: 'Carcharhinus melanopterus', common: 'Blacktip reef shark', synonyms: [], studied: true, key: 3 },
  { name: 'Lutjanus bohar', common: 'Red snapper', synonyms: ['Lethrinus bohar'], studied: false, key: 4 },
];

export const w = 1920;
export const h = 1080;

function random(seed) {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Animals that swim through, each found by the "machine" in most of its frames, and some things that are none. */
export function deployment(opcode, { frames, tracks, seed }) {
  const r = random(seed);
  const list = [];
  for (let k = 0; k < tracks; k++) {
    const real = r() < 0.7;
    const taxon = taxa[Math.min(3, Math.floor(r() * 4))].name;
    const start = Math.floor(r() * frames);
    const length = 5 + Math.floor(r() * 40);
    const [x, y, vx, vy] = [r() * w, 150 + r() * (h - 400), (r() - 0.5) * 60, (r() - 0.5) * 14];
    const size = 90 + r() * 220;
    const points = [];
    for (let i = start; i < Math.min(start + length, frames); i++) {
      const cx = x + vx * (i - start);
      const cy = y + vy * (i - start);
      if (cx < -size / 2 || cx > w + size / 2 || r() < 0.1) continue;
      const box = [Math.max(0, cx - size / 2), Math.max(0, cy - size / 5), Math.min(w, cx + size / 2), Math.min(h, cy + size / 5)];
      if (box[2] - box[0] < 10) continue;
      points.push([i, ...box.map((v) => Math.round(v)), Math.round((0.2 + r() * 0.75) * 100) / 100]);
    }
    if (points.length === 0) continue;
    const p = Math.round((real ? 0.5 + r() * 0.49 : r() * 0.5) * 1000) / 1000;
    list.push({ id: `t${k}`, taxon, machine_taxon: taxon, p, state: 'open', flagged: false, by: '', points, drawn: false, real });
  }
  const times = Array.from({ length: frames }, (_, i) => i);
  return {
    opcode, w, h, every_s: 1, period: { from_s: Math.min(60, frames / 20), to_s: frames - 5 }, frames: times,
    gaps: [{ from_s: Math.floor(frames * 0.62), to_s: Math.floor(frames * 0.64), reason: 'the file cannot be decoded here' }],
    clip: 'direct', tracks: list, looked: [], boxes: [], frame_verdicts: [], taxa: [], counts: {}, disputes: [], seconds: [],
    seq: 0, can_undo: false, can_redo: false, locked_by: null, counted: {}, lookedTaxa: {}, apart: [],
  };
}

/** The frame as a drawing. SVG, which the browser takes for a picture under any name. */
export function frame(d, i, width) {
  const body = d.tracks
    .filter((t) => t.real && t.points.some((p) => p[0] === i))
    .map((t) => {
      const p = t.points.find((q) => q[0] === i);
      const [cx, cy, rx, ry] = [(p[1] + p[3]) / 2, (p[2] + p[4]) / 2, (p[3] - p[1]) / 2, (p[4] - p[2]) / 2];
      return `<ellipse cx="${cx}" cy="${cy}" rx="${rx}" ry="${ry * 0.7}" fill="#22465a"/><path d="M${cx - rx * 0.2} ${cy - ry * 0.5}l${rx * 0.25} ${-ry * 0.5}l${rx * 0.1} ${ry * 0.6}z" fill="#1c3a4b"/>`;
    })
    .join('');
  const height = Math.round((width * h) / w);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${w} ${h}"><defs><linearGradient id="g" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#2f86a6"/><stop offset="1" stop-color="#0c3a4e"/></linearGradient></defs><rect width="${w}" height="${h}" fill="url(#g)"/><path d="M0 ${h} V900 Q480 ${840 + (i % 7)} 960 910 T1920 880 V${h}Z" fill="#40564b"/>${body}<text x="1880" y="1060" font-size="28" text-anchor="end" fill="#fff8">${i}</text></svg>`;
}
