// How one likes to see it: kept in the browser, of no consequence to any count.

const name = 'requin.settings';

interface Saved {
  brightness: number;
  contrast: number;
  water: number;
  faint: number;
  allTaxa: boolean;
}

const plain: Saved = { brightness: 1, contrast: 1, water: 0, faint: 0.1, allTaxa: false };

function saved(): Saved {
  try {
    return { ...plain, ...(JSON.parse(localStorage.getItem(name) ?? '{}') as Partial<Saved>) };
  } catch {
    return plain;
  }
}

class Settings {
  brightness = $state(plain.brightness);
  contrast = $state(plain.contrast);
  water = $state(plain.water);
  faint = $state(plain.faint); // open tracks less likely than this are not drawn
  allTaxa = $state(plain.allTaxa); // "that is all" speaks for every studied taxon, not for the one at hand alone
  boxes = $state(true);
  wide = $state(false); // the picture alone

  constructor() {
    Object.assign(this, saved());
  }

  save(): void {
    const { brightness, contrast, water, faint, allTaxa } = this;
    try {
      localStorage.setItem(name, JSON.stringify({ brightness, contrast, water, faint, allTaxa }));
    } catch {
      return; // a browser that keeps nothing shows the plain settings the next time
    }
  }

  plain(): void {
    Object.assign(this, { brightness: 1, contrast: 1, water: 0 });
    this.save();
  }

  step(what: 'brightness' | 'contrast', by: number): void {
    this[what] = Math.min(3, Math.max(0.3, Math.round((this[what] + by) * 100) / 100));
    this.save();
  }

  cycleWater(): void {
    this.water = this.water >= 1 ? 0 : this.water + 0.5;
    this.save();
  }
}

export const settings = new Settings();
