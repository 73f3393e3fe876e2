// Colours: red for, blue against (or green and red), white at zero, on a dark page the page's own grey; and a colour and mark
// a series: one hue a family, one shade of it and one mark an explainer, or a hue an explainer where there is one family.  Figures take colours by value, so that a picture that is saved stands by itself.

export type Palette = 'red-blue' | 'captum';
type Rgb = [number, number, number];
interface Ramp { zero: Rgb; plus: Rgb[]; less: Rgb[] }

const ramps: Record<Palette, {light: Ramp; dark: Ramp}> = {
  'red-blue': {
    light: {zero: [247, 247, 247], plus: [[253, 219, 199], [244, 165, 130], [214, 96, 77], [178, 24, 43]],
            less: [[209, 229, 240], [146, 197, 222], [67, 147, 195], [33, 102, 172]]},
    dark: {zero: [40, 43, 50], plus: [[88, 45, 44], [150, 56, 52], [214, 90, 74], [255, 158, 134]],
           less: [[38, 66, 94], [42, 100, 152], [76, 148, 210], [146, 205, 255]]},
  },
  captum: {
    light: {zero: [247, 247, 247], plus: [[217, 240, 211], [166, 219, 160], [90, 174, 97], [27, 120, 55]],
            less: [[253, 219, 199], [244, 165, 130], [214, 96, 77], [178, 24, 43]]},
    dark: {zero: [40, 43, 50], plus: [[38, 68, 46], [46, 108, 62], [78, 160, 92], [150, 222, 158]],
           less: [[88, 45, 44], [150, 56, 52], [214, 90, 74], [255, 158, 134]]},
  },
};

/// How the page looks now.
export interface Theme { dark: boolean; palette: Palette; ink: string; soft: string; line: string; faint: string; paper: string; hues: string[]; series: string[] }
/// How a series looks: which hue, and which shade of it.
export interface Paint { hue: number; shade: number }

const look = {
  light: {ink: '#1b1d21', soft: '#5b616b', line: '#d9dce1', faint: '#eceef1', paper: '#ffffff',
          hues: ['#6a3d9a', '#0b7f74', '#a8650a', '#b0307a', '#4d5d10', '#4a5560']},
  dark: {ink: '#e8eaee', soft: '#a2a9b5', line: '#363b45', faint: '#262a32', paper: '#1b1e24',
         hues: ['#c3a1f0', '#55cfc0', '#efb05a', '#f48fc4', '#bccf6d', '#b4c0cc']},
};

// `share` of the way from one colour to the other, both #rrggbb.
function mixed(a: string, b: string, share: number): string {
  const part = (text: string, k: number) => parseInt(text.slice(2 * k + 1, 2 * k + 3), 16);
  return '#' + [0, 1, 2].map((k) => Math.round(part(a, k) + share * (part(b, k) - part(a, k))).toString(16).padStart(2, '0')).join('');
}
/// Shades of a hue: itself, nearer to the paper, nearer to the ink, and so on; a hue that is used again is darker.
export function shadeOf(theme: Theme, {hue, shade}: Paint): string {
  const again = Math.floor(hue / theme.hues.length), base = mixed(theme.hues[hue % theme.hues.length], theme.ink, Math.min(0.6, 0.3 * again));
  const steps: [string, number][] = [[theme.ink, 0], [theme.paper, 0.34], [theme.ink, 0.42], [theme.paper, 0.52], [theme.ink, 0.68], [theme.paper, 0.2], [theme.ink, 0.22]];
  return mixed(base, ...steps[shade % steps.length]);
}
export function themeOf(dark: boolean, palette: Palette, painted: Paint[]): Theme {
  const theme: Theme = {dark, palette, ...(dark ? look.dark : look.light), series: []};
  return {...theme, series: painted.map((paint) => shadeOf(theme, paint))};
}
export const seriesColor = (theme: Theme, k: number): string => theme.series[k % theme.series.length];
export const hueOf = (theme: Theme, k: number): string => theme.hues[k % theme.hues.length];
/// Symbols of Observable Plot: series differ in shape as well as in colour.
export const SYMBOLS = ['circle', 'square', 'diamond', 'triangle', 'star', 'wye', 'cross', 'hexagon', 'triangle2', 'diamond2'] as const;
export const symbolOf = (k: number): (typeof SYMBOLS)[number] => SYMBOLS[k % SYMBOLS.length];

/// Colour of x in [−1, 1] and the ink that can be read on it.
export function colorOf(theme: Theme, x: number): {ground: string; ink: string} {
  const {zero, plus, less} = ramps[theme.palette][theme.dark ? 'dark' : 'light'];
  const ramp = [zero, ...(x > 0 ? plus : less)], place = Math.min(1, Math.abs(x)) * (ramp.length - 1);
  const low = Math.min(ramp.length - 2, Math.floor(place)), share = place - low;
  const rgb = ramp[low].map((a, i) => Math.round(a + share * (ramp[low + 1][i] - a)));
  const light = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
  return {ground: `rgb(${rgb.join(',')})`, ink: light > 122 ? '#111' : '#fff'};
}
