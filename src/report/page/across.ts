// What single models' scores tell of models: how the SNR settles as they grow in number, and their modes; agreement.ts: how alike they are.
//
// All of it is made from the scores that the page holds, so a study of many texts is seen through those.
import * as Plot from '@observablehq/plot';
import {hueOf, seriesColor} from './color';
import type {Results, Series, Text} from './data';
import type {Figure} from './figure';
import {apart, clip, marginFor, onScale, place, plot, ratioScale} from './plots';

const SUBSETS = 12, MOST_WORK = 4e7;

// Numbers in [0, 1), the same at every visit (mulberry32).
function stream(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// Signal (corrected) and noise of rows of scores (rows of n words each).
function signalAndNoise(scores: Float32Array, n: number, rows: number[]): [number, number] {
  const M = rows.length, word = new Float64Array(n), model = new Float64Array(M);
  let all = 0;
  rows.forEach((row, m) => {
    for (let w = 0; w < n; w++) {
      const e = scores[row * n + w];
      word[w] += e / M;
      model[m] += e / n;
      all += e / (n * M);
    }
  });
  let between = 0, noise = 0, interaction = 0;
  for (let w = 0; w < n; w++) between += (word[w] - all) ** 2 / (n - 1);
  rows.forEach((row, m) => {
    for (let w = 0; w < n; w++) {
      const e = scores[row * n + w];
      noise += (e - word[w]) ** 2 / ((M - 1) * n);
      interaction += (e - word[w] - model[m] + all) ** 2 / ((n - 1) * (M - 1));
    }
  });
  return [between - interaction / M, noise];
}

/// Texts of which the page has single models' scores.
export const held = (r: Results, s: Series): Text[] => s.explainer.texts.filter((t) => r.scores(t) && t.words > 1 && t.model.length > 3);

interface Step { name: string; k: number; models: number; low: number; middle: number; high: number }

function convergenceOf(r: Results, s: Series): Step[] {
  let texts = held(r, s);
  const most = Math.max(0, ...texts.map((t) => t.model.length));
  const sizes = [...new Set([3, 5, 10, 20, 35, 50, 75, 100, 150, 200, 300, most])].filter((m) => m <= most).sort((a, b) => a - b);
  const work = (list: Text[]) => list.reduce((sum, t) => sum + t.words, 0) * SUBSETS * sizes.reduce((a, b) => a + b, 0);
  while (texts.length > 1 && work(texts) > MOST_WORK / r.series.length) texts = texts.filter((_, i) => i % 2 === 0);
  const models = [...new Set(texts.flatMap((t) => t.model))], random = stream(s.index + 1), steps: Step[] = [];
  for (const size of sizes) {
    const found: number[] = [];
    for (let k = 0; k < (size === most ? 1 : SUBSETS); k++) {
      const order = models.map((m): [number, number] => [random(), m]).sort((a, b) => a[0] - b[0]), chosen = new Set(order.slice(0, size).map((p) => p[1]));
      let signal = 0, noise = 0;
      for (const t of texts) {
        const rows = t.model.flatMap((m, i) => (chosen.has(m) ? [i] : []));
        if (rows.length < 2) continue;
        const [a, b] = signalAndNoise(r.scores(t)!, t.words, rows);
        signal += a;
        noise += b;
      }
      if (noise > 0) found.push(signal / noise);
    }
    found.sort((a, b) => a - b);
    if (found.length) steps.push({name: s.name, k: s.index, models: size, low: found[0], middle: found[Math.floor(found.length / 2)], high: found[found.length - 1]});
  }
  return steps;
}

const settled = new WeakMap<Results, Step[]>(); // made once: it is a second's work
export function convergence(r: Results): Figure | null {
  const steps = settled.get(r) || r.series.flatMap((s) => convergenceOf(r, s));
  settled.set(r, steps);
  if (!steps.length) return null;
  return {
    id: 'convergence', title: 'SNR against the number of models', term: 'needed',
    caption: `Line: median of ${SUBSETS} random choices of so many models; band: the least and the greatest of them. A line that has settled has models enough.`,
    draw(width, theme, document) {
      const y = ratioScale(steps.flatMap((p) => [p.middle, p.high]), 'SNR', steps.reduce((a, p) => Math.min(a, p.low), Infinity)), right = Math.min(width > 700 ? 230 : 180, marginFor(r.series.map((s) => s.name), width));
      const color = (p: Step) => seriesColor(theme, p.k), ends = r.series.flatMap((s) => steps.filter((p) => p.k === s.index).slice(-1));
      const height = Math.max(Math.min(380, 0.7 * width), 14 * ends.length + 70);
      const shift = apart(ends.map((p) => ({x: 0, y: place(y, onScale(y, p.middle), height - 70), width: 1})), 14, height - 70);
      return plot(theme, document, {
        width, height, marginLeft: 56, marginRight: right, color: {type: 'identity'} as never,
        x: {label: 'models', type: 'log', grid: true, tickFormat: (x: number) => String(x), ticks: [3, 5, 10, 20, 50, 100, 200, 500].filter((x) => x <= Math.max(...steps.map((p) => p.models)))} as never, y: {...y, grid: true},
        marks: [
          Plot.areaY(steps, {x: 'models', y1: (p: Step) => onScale(y, p.low), y2: (p: Step) => onScale(y, p.high), z: 'name', fill: color, fillOpacity: 0.18}),
          Plot.line(steps, {x: 'models', y: (p: Step) => onScale(y, p.middle), z: 'name', stroke: color, strokeWidth: 2}),
          ...ends.map((p, i) => Plot.text([p], {x: 'models', y: (e: Step) => onScale(y, e.middle), text: (e: Step) => clip(e.name, right), textAnchor: 'start', dx: 8, dy: shift[i], fill: color})),
        ],
      });
    },
    rows: () => [['series', 'models', 'least', 'median', 'greatest'], ...steps.map((p) => [p.name, p.models, p.low, p.middle, p.high])],
  };
}

/* ---- modes of one text */

// The first two principal components of the models, (M) each, by power iteration on the models' Gram matrix.
export function components(scores: Float32Array, M: number, n: number): {first: Float64Array; second: Float64Array; share: [number, number]} {
  const mean = new Float64Array(n), gram = new Float64Array(M * M);
  for (let m = 0; m < M; m++) for (let w = 0; w < n; w++) mean[w] += scores[m * n + w] / M;
  for (let i = 0; i < M; i++)
    for (let k = 0; k <= i; k++) {
      let dot = 0;
      for (let w = 0; w < n; w++) dot += (scores[i * n + w] - mean[w]) * (scores[k * n + w] - mean[w]);
      gram[i * M + k] = gram[k * M + i] = dot;
    }
  let trace = 0;
  for (let i = 0; i < M; i++) trace += gram[i * M + i];
  const found: {vector: Float64Array; root: number}[] = [];
  for (let c = 0; c < 2; c++) {
    const random = stream(7 + c);
    let v = Float64Array.from({length: M}, () => random() - 0.5), root = 0;
    for (let step = 0; step < 200; step++) {
      const next = new Float64Array(M);
      for (let i = 0; i < M; i++) for (let k = 0; k < M; k++) next[i] += gram[i * M + k] * v[k];
      for (const {vector} of found) {
        let dot = 0;
        for (let i = 0; i < M; i++) dot += vector[i] * next[i];
        for (let i = 0; i < M; i++) next[i] -= dot * vector[i];
      }
      const length = Math.sqrt(next.reduce((sum, x) => sum + x * x, 0));
      if (length < 1e-300) break;
      const before = root;
      root = length;
      v = next.map((x) => x / length);
      if (Math.abs(root - before) < 1e-10 * root) break;
    }
    found.push({vector: v, root});
  }
  const scaled = found.map(({vector, root}) => vector.map((x) => x * Math.sqrt(root)));
  return {first: scaled[0], second: scaled[1], share: trace > 0 ? [found[0].root / trace, found[1].root / trace] : [0, 0]};
}

export function modes(r: Results, s: Series, text: Text): Figure | null {
  const scores = r.scores(text), M = text.model.length;
  if (!scores || M < 4 || text.words < 3) return null;
  const {first, second, share} = components(scores, M, text.words), of = text.modes?.of_model;
  const points = text.model.map((m, i) => ({model: m + 1, x: first[i], y: second[i], mode: of && of.length === M ? of[i] : 0}));
  const number = text.modes?.number;
  return {
    id: 'modes', title: `Modes of ${text.id}: ${s.name}`, term: 'modes',
    caption: `One mark a model, on the first two principal components of its scores (${Math.round(100 * share[0])} % and ${Math.round(100 * share[1])} % of the scatter). ` +
      (number ? `The gap statistic finds ${number === 1 ? 'one mode' : `${number} modes`}${number === 1 ? '' : ', coloured'}.` : ''),
    draw(width, theme, document) {
      const side = Math.min(width, 340);
      return plot(theme, document, {
        width: side, height: 0.8 * side, marginLeft: 56, x: {label: 'first component', grid: true, ticks: 3}, y: {label: 'second component', grid: true, ticks: 5}, color: {type: 'identity'} as never,
        marks: [Plot.dot(points, {x: 'x', y: 'y', r: 4, fill: (p) => (number && number > 1 ? hueOf(theme, p.mode) : seriesColor(theme, s.index)), fillOpacity: 0.75, title: (p) => `model ${p.model}`})],
      });
    },
    rows: () => [['model', 'first', 'second', 'mode'], ...points.map((p) => [p.model, p.x, p.y, p.mode])],
  };
}
