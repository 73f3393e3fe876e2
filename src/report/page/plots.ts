// What all plots share: look, margins for names, scales that suit ratios.
import * as Plot from '@observablehq/plot';
import {PLOT_FONT} from './figure';
import {type Theme} from './color';
import {isNumber} from './number';

const LETTER = 7; // px, roughly, of 12 px letters

/// Cuts a label to what `pixels` hold, roughly.
export function clip(text: string, pixels: number): string {
  const letters = Array.from(text), n = Math.max(3, Math.floor(pixels / LETTER));
  return letters.length <= n ? text : letters.slice(0, n - 1).join('') + '…';
}

export function marginFor(names: string[], width: number): number {
  return Math.round(Math.min(width * 0.36, 16 + LETTER * Math.max(3, ...names.map((name) => Array.from(name).length))));
}

// 1, 10, 100, … or, of few decades, 1, 2, 5, 10, …
function powers([low, high]: [number, number]): number[] {
  const steps = high / low > 300 ? [1] : [1, 2, 5], from = Math.floor(Math.log10(low)), to = Math.ceil(Math.log10(high));
  return Array.from({length: to - from + 1}, (_, k) => steps.map((s) => s * 10 ** (from + k))).flat().filter((x) => x >= low && x <= high);
}

/// Where x lies on a vertical scale of so many pixels, from its top.
export function place(scale: {type: string; domain: [number, number]}, x: number, pixels: number): number {
  const f = scale.type === 'log' ? Math.log : (v: number) => v, [low, high] = scale.domain.map(f);
  return pixels * (1 - (f(Math.min(Math.max(x, scale.domain[0]), scale.domain[1])) - low) / (high - low || 1));
}

/// Labels that would overlap move apart: for each its shift in px, at least `step` from every other that it would touch; those that
/// would end below `floor` move up, and push the others before them.
export function apart(labels: {x: number; y: number; width: number}[], step = 14, floor = Infinity): number[] {
  const order = labels.map((_, i) => i).sort((a, b) => labels[a].y - labels[b].y), at = labels.map((l) => l.y);
  const meet = (i: number, j: number) => labels[i].x < labels[j].x + labels[j].width && labels[j].x < labels[i].x + labels[i].width;
  order.forEach((i, k) => {
    for (let moved = true; moved; ) {
      moved = false;
      for (const j of order.slice(0, k))
        if (Math.abs(at[i] - at[j]) < step - 0.01 && meet(i, j)) at[i] = at[j] + step, moved = true;
    }
  });
  const falling = order.slice().sort((a, b) => at[b] - at[a]);
  falling.forEach((i, k) => (at[i] = falling.slice(0, k).filter((j) => meet(i, j)).reduce((y, j) => Math.min(y, at[j] - step), Math.min(at[i], floor))));
  return at.map((y, i) => y - labels[i].y);
}

/// A scale of ratios: logarithmic if they differ much and are all above zero, else linear from zero.  It holds 1, what parts signal from
/// noise, unless it is told where to begin.
export function ratioScale(values: (number | null | undefined)[], label: string, from?: number): {type: 'log' | 'linear'; label: string; domain: [number, number]; clamp: boolean; ticks?: number[]; tickFormat?: (x: number) => string} {
  const known = values.filter(isNumber), positive = known.filter((x) => x > 0); // of ten thousand texts: too many for arguments
  const high = known.reduce((a, b) => Math.max(a, b), 1.2), low = from !== undefined && from > 0 ? from : positive.reduce((a, b) => Math.min(a, b), 1), least = known.reduce((a, b) => Math.min(a, b), 0);
  if (positive.length > 1 && (high / low > 25 || (from !== undefined && low > 2))) {
    const domain: [number, number] = [Math.max(low / 1.6, high / 1e6), high * 1.2];
    return {type: 'log', label: `${label} (log scale)`, domain, clamp: true, ticks: powers(domain), tickFormat: (x) => String(+x.toPrecision(2))};
  }
  return {type: 'linear', label, domain: [least, high * 1.05], clamp: true};
}

/// On a logarithmic scale: not above zero, or less than the scale shows.
export const below = (scale: {type: string; domain: [number, number]}, x: number): boolean => scale.type === 'log' && x < scale.domain[0];

/// Below the floor of a logarithmic scale everything stands on it.
export const onScale = (scale: {type: string; domain: [number, number]}, x: number | null | undefined): number =>
  !isNumber(x) ? NaN : scale.type === 'log' ? Math.max(x, scale.domain[0]) : x;

export function plot(theme: Theme, document: Document, options: Plot.PlotOptions): SVGElement | HTMLElement {
  const made = Plot.plot({
    document, figure: false, marginBottom: 48,
    style: {background: 'transparent', color: theme.ink, fontFamily: PLOT_FONT, fontSize: '12px', overflow: 'visible'} as never,
    ...options,
    ...(options.x && !(options.x as {axis?: string}).axis ? {x: {labelOffset: 43, ...(options.x as object)}} : {}), // a little above the edge, which would cut a letter's foot
  } as Plot.PlotOptions) as unknown as SVGElement;
  // The picture is named as a whole: its groups may not have names of their own.
  made.querySelectorAll('g[aria-label]').forEach((group) => group.removeAttribute('aria-label'));
  return made;
}
