// Colour as if there were less water in between: red, which water takes first, is lifted by what green still shows, then
// each channel is scaled until their means agree (grey world). After Ancuti et al. 2018, IEEE Trans. Image Process. 27(1),
// eq. 4, in its mean over the picture, so that it is one linear matrix that the browser applies itself.

export interface Means {
  r: number;
  g: number;
  b: number;
}

/** Channel means, 0 to 1, of a loaded picture. */
export function means(img: CanvasImageSource): Means | null {
  const canvas = document.createElement('canvas');
  canvas.width = 48;
  canvas.height = 27;
  const ctx = canvas.getContext('2d', { willReadFrequently: true });
  if (!ctx) return null;
  ctx.drawImage(img, 0, 0, canvas.width, canvas.height);
  const data = ctx.getImageData(0, 0, canvas.width, canvas.height).data;
  const sum = [0, 0, 0];
  for (let k = 0; k < data.length; k += 4) for (let c = 0; c < 3; c++) sum[c]! += data[k + c]!;
  const n = (data.length / 4) * 255;
  return { r: sum[0]! / n, g: sum[1]! / n, b: sum[2]! / n };
}

const mostGain = 3; // beyond that it is noise that is lifted

/** The 20 values of an feColorMatrix; amount 0 leaves the picture as it is. */
export function matrix(m: Means, amount: number): string {
  const lift = Math.max(0, m.g - m.r) * amount; // of green into red
  const red = m.r + lift * m.g;
  const grey = (red + m.g + m.b) / 3;
  const gain = (mean: number) => 1 + (Math.min(mostGain, grey / Math.max(mean, 0.02)) - 1) * amount;
  const [r, g, b] = [gain(red), gain(m.g), gain(m.b)];
  const row = (...v: number[]) => v.map((x) => x.toFixed(4)).join(' ');
  return [row(r, r * lift, 0, 0, 0), row(0, g, 0, 0, 0), row(0, 0, b, 0, 0), row(0, 0, 0, 1, 0)].join(' ');
}
