// What the reader has chosen.  The text is in the address too (#text=…).
import {type Palette, themeOf, type Theme} from './color';
import type {Results, Series, Text} from './data';
import type {Order} from './words';

export type View = 'words' | '2' | '3' | '4' | '5' | 'sentences' | 'phrases';

export class State {
  text = '';
  model = 0;                     // 1, 2, …: a single one; 0: the mean of all
  view: View = 'words';
  against: Series | null = null; // difference to it
  wordOrder: Order = 'text';     // of the words in figures
  ownScale = false;              // each panel has a scale of its own
  order = -1;                    // series whose SNR sorts the texts; −1: the study's order
  filter = '';
  readonly hidden = new Set<number>();
  printing = false;
  private readonly dark = matchMedia('(prefers-color-scheme: dark)');

  palette: Palette = 'red-blue';

  constructor(readonly results: Results) {}

  theme(): Theme {
    return themeOf(this.dark.matches && !this.printing, this.palette, this.results.series.map((s) => s.paint));
  }
  onDark(act: () => void): void {
    this.dark.addEventListener('change', act);
  }
  visible(): Series[] {
    return this.results.series.filter((s) => !this.hidden.has(s.index));
  }
  shown(): {s: Series; text: Text}[] {
    return this.visible().flatMap((s) => {
      const text = s.byText.get(this.text);
      return text ? [{s, text}] : [];
    });
  }
}
