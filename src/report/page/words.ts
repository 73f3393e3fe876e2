// The figures of one text: every word over models.
import * as Plot from '@observablehq/plot';
import {seriesColor} from './color';
import type {Results, Series, Text, Word} from './data';
import type {Figure} from './figure';
import {isNumber} from './number';
import {clip, marginFor, plot} from './plots';

interface Row { s: Series; w: number; word: Word; key: string }

export type Order = 'text' | 'strength' | 'all';
/// Series of one picture of words.
export const MOST_TOGETHER = 6;
const MOST_WORDS = 80; // of a long text only the strongest are drawn, unless all are asked for

// Words in the order that is asked for, a key each, since a text may hold a word twice.
function rowsOf(r: Results, shown: {s: Series; text: Text}[], order: Order): {keys: string[]; label: Map<string, string>; rows: Row[]; left: string} {
  const rows = shown.flatMap(({s, text}) => r.statistics(text).map((word, w) => ({s, w, word, key: String(w)})));
  const strength = new Map<string, number>(), label = new Map<string, string>();
  for (const row of rows) {
    strength.set(row.key, Math.max(strength.get(row.key) || 0, Math.abs(row.word.mean) || 0));
    if (!label.has(row.key)) label.set(row.key, row.word.text);
  }
  const all = [...label.keys()], sorted = all.slice().sort((a, b) => strength.get(b)! - strength.get(a)!), most = order === 'all' ? all.length : MOST_WORDS;
  const kept = new Set(sorted.slice(0, most)), keys = order === 'strength' ? sorted.slice(0, most) : all.filter((key) => kept.has(key));
  return {keys, label, rows, left: keys.length < all.length ? ` The ${keys.length} strongest of ${all.length} words; the CSV has all.` : ''};
}

export function boxes(r: Results, shown: {s: Series; text: Text}[], order: Order): Figure | null {
  const {keys, label, rows, left: without} = rowsOf(r, shown, order), all = rows.filter((row) => isFinite(row.word.mean));
  const drawn = new Set(keys), known = all.filter((row) => drawn.has(row.key));
  if (!known.length) return null;
  const names = shown.map(({s}) => s.name);
  return {
    id: 'words', title: 'Score of every word over models', key: shown.map(({s}) => ({name: s.name, k: s.index})),
    caption: `Box: middle half of the models; line: median; dot: mean; whiskers: furthest model within 1.5 boxes; rings: least and greatest beyond. Scores normalised: ${r.study.normalize}; right of 0: for the class.${without}`,
    draw(width, theme, document) {
      const reach = Math.max(1e-12, ...known.flatMap(({word}) => [word.min, word.max, word.mean]).filter(isNumber).map(Math.abs)) * 1.04;
      const left = marginFor(keys.map((key) => label.get(key)!), width * 0.8), step = 8 + 11 * names.length;
      const color = ({s}: Row) => seriesColor(theme, s.index);
      const place = {fy: 'key', y: (row: Row) => row.s.name};
      return plot(theme, document, {
        width, height: 56 + step * keys.length, marginLeft: left, marginTop: 34, marginBottom: 8, marginRight: 12, color: {type: 'identity'} as never,
        x: {axis: 'top', domain: [-reach, reach], grid: true, label: 'score', ticks: width < 500 ? 4 : 8}, y: {type: 'band', domain: names, axis: null, padding: 0.1}, fy: {domain: keys, axis: null, padding: 0.12},
        marks: [
          Plot.ruleX([0], {stroke: theme.soft}),
          Plot.text(keys, {fy: (key: string) => key, text: (key: string) => clip(label.get(key)!, left), frameAnchor: 'left', textAnchor: 'end', dx: -6}),
          Plot.link(known, {x1: (row: Row) => row.word.whiskerLow, x2: (row: Row) => row.word.q25, y1: place.y, y2: place.y, fy: 'key', stroke: color}),
          Plot.link(known, {x1: (row: Row) => row.word.q75, x2: (row: Row) => row.word.whiskerHigh, y1: place.y, y2: place.y, fy: 'key', stroke: color}),
          Plot.barX(known, {x1: (row: Row) => row.word.q25, x2: (row: Row) => row.word.q75, ...place, fill: color, fillOpacity: 0.25, stroke: color}),
          Plot.tickX(known, {x: (row: Row) => row.word.median, ...place, stroke: color, strokeWidth: 2}),
          Plot.dot(known.filter(({word}) => word.min < word.whiskerLow), {x: (row: Row) => row.word.min, ...place, r: 1.7, stroke: color}),
          Plot.dot(known.filter(({word}) => word.max > word.whiskerHigh), {x: (row: Row) => row.word.max, ...place, r: 1.7, stroke: color}),
          Plot.dot(known, {x: (row: Row) => row.word.mean, ...place, r: 2.3, fill: color}),
        ],
      });
    },
    rows: () => [['family', 'explainer', 'position', 'word', 'mean', 'min', 'whisker_low', 'q25', 'median', 'q75', 'whisker_high', 'max'],
      ...all.map(({s, w, word}) => [s.family.name, s.explainer.name, w + 1, word.text, word.mean, word.min, word.whiskerLow, word.q25, word.median, word.q75, word.whiskerHigh, word.max])],
  };
}

/// Every word's own signal and noise: mean² − variance / M, and the variance.
export function signalAndNoise(r: Results, shown: {s: Series; text: Text}[], order: Order): Figure | null {
  const {keys, label, rows, left: without} = rowsOf(r, shown, order), drawn = new Set(keys);
  const all = rows.flatMap((row) => {
    const models = shown.find(({s}) => s === row.s)!.text.models, noise = row.word.sd ** 2;
    if (!isFinite(noise)) return [];
    return [{...row, part: 'signal', value: row.word.mean ** 2 - noise / models}, {...row, part: 'noise', value: noise}];
  });
  const parts = all.filter((p) => drawn.has(p.key));
  if (!parts.length) return null;
  return {
    id: 'words-signal-noise', title: 'Signal and noise of every word', term: 'signal', key: shown.map(({s}) => ({name: s.name, k: s.index})),
    caption: `Filled: signal, mean² − variance / models; hollow: noise, the variance over models; in squared units of the normalised score. A filled mark right of its hollow one: a single model shows the word. At the left edge: zero, or less.${without}`,
    draw(width, theme, document) {
      const left = marginFor(keys.map((key) => label.get(key)!), width * 0.8), names = shown.map(({s}) => s.name), step = 8 + 9 * names.length;
      const positive = parts.map((p) => p.value).filter((x) => x > 0), high = Math.max(...positive, 1e-12), low = Math.max(Math.min(...positive, high), high / 1e5);
      const x = (p: {value: number}) => Math.max(p.value, low), color = (p: Row) => seriesColor(theme, p.s.index);
      const noises = parts.filter((p) => p.part === 'noise'), pairs = parts.filter((p) => p.part === 'signal').map((p, i) => ({...p, noise: noises[i].value}));
      return plot(theme, document, {
        width, height: 56 + step * keys.length, marginLeft: left, marginTop: 34, marginBottom: 8, marginRight: 14, color: {type: 'identity'} as never,
        x: {axis: 'top', type: 'log', domain: [low / 1.3, high * 1.3], grid: true, label: 'signal, noise (log scale)', ticks: 5, tickFormat: (v: number) => v.toExponential(0).replace('e', ' e').replace('-', '−')}, y: {type: 'band', domain: names, axis: null, padding: 0.1}, fy: {domain: keys, axis: null, padding: 0.12},
        marks: [
          Plot.text(keys, {fy: (key: string) => key, text: (key: string) => clip(label.get(key)!, left), frameAnchor: 'left', textAnchor: 'end', dx: -6}),
          Plot.link(pairs, {x1: (p: (typeof pairs)[0]) => x(p), x2: (p: (typeof pairs)[0]) => Math.max(p.noise, low), y1: (p: Row) => p.s.name, y2: (p: Row) => p.s.name, fy: 'key', stroke: color, strokeOpacity: 0.4}),
          Plot.dot(parts, {x, y: (p: Row) => p.s.name, fy: 'key', r: 3, stroke: color, fill: (p: (typeof parts)[0]) => (p.part === 'signal' ? color(p) : theme.paper)}),
        ],
      });
    },
    rows: () => [['family', 'explainer', 'position', 'word', 'part', 'value'], ...all.map((p) => [p.s.family.name, p.s.explainer.name, p.w + 1, p.word.text, p.part, p.value])],
  };
}
