// Pictures that are decoded before they are wanted: the next frame must be on screen within 100 ms.

const most = 40; // pictures kept; 1280x720 decoded is 3.7 MB

const kept = new Map<string, HTMLImageElement>();

/** The picture, being loaded or loaded already. The element is the cache's own: put it on the page, do not change it. */
export function picture(url: string): HTMLImageElement {
  let img = kept.get(url);
  if (img) {
    kept.delete(url); // so that it counts as the last used
  } else {
    img = new Image();
    img.decoding = 'async';
    img.draggable = false;
    img.alt = '';
    img.src = url;
  }
  kept.set(url, img);
  for (const old of kept.keys()) {
    if (kept.size <= most) break;
    if (!kept.get(old)!.isConnected) kept.delete(old);
    else break;
  }
  return img;
}

/** One has gone on: a picture that is still on its way makes room for those that are wanted. */
export function abandon(url: string): void {
  const img = kept.get(url);
  if (!img || img.complete || img.isConnected) return;
  kept.delete(url);
  img.src = '';
}

/** Resolves once it can be shown without a stutter. A picture that fails is forgotten, so that the next time asks again. */
export async function ready(img: HTMLImageElement): Promise<boolean> {
  try {
    await img.decode();
    return true;
  } catch {
    for (const [url, i] of kept) if (i === img) kept.delete(url);
    return false;
  }
}

export function prefetch(urls: string[]): void {
  for (const url of urls) void ready(picture(url));
}

const widths = [640, 960, 1280, 1920, 2560, 3840];

/** The width to ask for: as many pixels as will be seen, in few steps so that the cache is hit. */
export function widthFor(pixels: number, full: number): number {
  const w = widths.find((x) => x >= pixels * 0.95) ?? 3840;
  return Math.max(160, Math.min(w, Math.max(full, 160)));
}
