// What all plots share: look, margins for names, scales that suit ratios.
import * as Plot from '@observablehq/plot';
import {PLOT_FONT} from './figure';
import {type Theme} from './color';
import {isNumber} from './number';

/// Cuts a label to what `pixels` hold, roughly: 12 px letters are about 6.6 px wide.
export function clip(text: string, pixels: number): string {
  const letters = Array.from(text), n = Math.max(3, Math.floor(pixels / 6.6));
  return letters.length <= n ? text : letters.slice(0, n - 1).join('') + '…';
}

export function marginFor(names: string[], width: number): number {
  return Math.round(Math.min(width * 0.36, 14 + 6.6 * Math.max(3, ...names.map((name) => Array.from(name).length))));
}

/// A scale of ratios: logarithmic if they differ much and are all above zero, else linear from zero.
export function ratioScale(values: (number | null | undefined)[], label: string): {type: 'log' | 'linear'; label: string; domain: [number, number]; clamp: boolean; ticks?: number; tickFormat?: (x: number) => string} {
  const known = values.filter(isNumber), positive = known.filter((x) => x > 0);
  const high = Math.max(1.2, ...known), low = Math.min(1, ...positive);
  if (positive.length > 1 && high / low > 25)
    return {type: 'log', label: `${label} (log scale)`, domain: [Math.max(low / 1.6, high / 3e4), high * 1.2], clamp: true, ticks: 5, tickFormat: (x) => String(+x.toPrecision(2))};
  return {type: 'linear', label, domain: [Math.min(0, ...known), high * 1.05], clamp: true};
}

/// Below the floor of a logarithmic scale everything stands on it.
export const onScale = (scale: {type: string; domain: [number, number]}, x: number | null | undefined): number =>
  !isNumber(x) ? NaN : scale.type === 'log' ? Math.max(x, scale.domain[0]) : x;

export function plot(theme: Theme, document: Document, options: Plot.PlotOptions): SVGElement | HTMLElement {
  const made = Plot.plot({
    document, figure: false, marginBottom: 44,
    style: {background: 'transparent', color: theme.ink, fontFamily: PLOT_FONT, fontSize: '12px', overflow: 'visible'} as never,
    ...options,
  } as Plot.PlotOptions) as unknown as SVGElement;
  // The picture is named as a whole: its groups may not have names of their own.
  made.querySelectorAll('g[aria-label]').forEach((group) => group.removeAttribute('aria-label'));
  return made;
}
