// What single models' scores tell of models: how the SNR settles as they grow in number, how alike they are, their modes.
//
// All of it is made from the scores that the page holds, so a study of many texts is seen through those.
import * as Plot from '@observablehq/plot';
import {colorOf, hueOf, seriesColor} from './color';
import type {Results, Series, Text} from './data';
import type {Figure} from './figure';
import {apart, clip, marginFor, onScale, place, plot, ratioScale} from './plots';

const SUBSETS = 12, MOST_WORK = 4e7, MOST_MODELS = 120;

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

const held = (r: Results, s: Series): Text[] => s.explainer.texts.filter((t) => r.scores(t) && t.words > 1 && t.model.length > 3);

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
      const y = ratioScale(steps.flatMap((p) => [p.middle, p.high]), 'SNR'), right = Math.min(180, marginFor(r.series.map((s) => s.name), width));
      const color = (p: Step) => seriesColor(theme, p.k), height = Math.min(380, 0.7 * width);
      const ends = r.series.flatMap((s) => steps.filter((p) => p.k === s.index).slice(-1));
      const shift = apart(ends.map((p) => ({x: 0, y: place(y, onScale(y, p.middle), height - 64), width: 1})));
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

/* ---- agreement */

function centred(scores: Float32Array, n: number, row: number): Float64Array {
  const out = new Float64Array(n);
  let mean = 0, length = 0;
  for (let w = 0; w < n; w++) mean += scores[row * n + w] / n;
  for (let w = 0; w < n; w++) {
    out[w] = scores[row * n + w] - mean;
    length += out[w] ** 2;
  }
  if (length > 0) for (let w = 0; w < n; w++) out[w] /= Math.sqrt(length);
  return out;
}

const WIDE = 150; // px of the colours' scale

// Mean over texts of Pearson's correlation of every pair of models; NaN: they share no text.
export function agreementOf(r: Results, s: Series): {models: number[]; value: Float64Array} {
  const texts = held(r, s), models = [...new Set(texts.flatMap((t) => t.model))].sort((a, b) => a - b).slice(0, MOST_MODELS);
  const M = models.length, place = new Map(models.map((m, i) => [m, i])), sum = new Float64Array(M * M), count = new Float64Array(M * M);
  for (const t of texts) {
    const scores = r.scores(t)!, unit = t.model.map((_, row) => centred(scores, t.words, row)), at = t.model.map((m) => place.get(m));
    for (let i = 0; i < unit.length; i++)
      for (let k = 0; k <= i; k++) {
        const a = at[i], b = at[k];
        if (a === undefined || b === undefined) continue;
        let dot = 0;
        for (let w = 0; w < t.words; w++) dot += unit[i][w] * unit[k][w];
        sum[a * M + b] += dot;
        count[a * M + b]++;
        if (a !== b) sum[b * M + a] += dot, count[b * M + a]++;
      }
  }
  return {models, value: sum.map((x, i) => x / count[i])};
}

// Models in the order of an average-linkage clustering, so that those that agree stand together.
export function clustered(value: Float64Array, M: number): number[] {
  let groups = Array.from({length: M}, (_, i) => ({members: [i], id: i}));
  const near = Array.from({length: M}, (_, i) => Array.from({length: M}, (_, k) => (isNaN(value[i * M + k]) ? -1 : value[i * M + k])));
  while (groups.length > 1) {
    let best = -Infinity, a = 0, b = 1;
    for (let i = 0; i < groups.length; i++)
      for (let k = i + 1; k < groups.length; k++)
        if (near[groups[i].id][groups[k].id] > best) best = near[groups[i].id][groups[k].id], a = i, b = k;
    const [x, y] = [groups[a], groups[b]], nx = x.members.length, ny = y.members.length;
    for (const g of groups)
      if (g !== x && g !== y) near[x.id][g.id] = near[g.id][x.id] = (nx * near[x.id][g.id] + ny * near[y.id][g.id]) / (nx + ny);
    groups = groups.filter((g) => g !== x && g !== y).concat({members: [...x.members, ...y.members], id: x.id});
  }
  return groups.length ? groups[0].members : [];
}

export function agreement(r: Results, s: Series): Figure | null {
  const {models, value} = agreementOf(r, s), M = models.length;
  if (M < 3) return null;
  const order = clustered(value, M);
  const cells = order.flatMap((a, y) => order.map((b, x) => ({x, y, a: models[a] + 1, b: models[b] + 1, value: value[a * M + b]})));
  const others = cells.filter((c) => c.x !== c.y && isFinite(c.value)).map((c) => c.value);
  const mean = others.reduce((sum, x) => sum + x, 0) / Math.max(1, others.length), least = Math.min(1, ...others);
  const low = least < 0 ? -1 : Math.floor(least * 20) / 20; // the scale begins a little below the least, that differences show
  return {
    id: 'agreement', title: `Agreement of models: ${s.name}`, term: 'agreement',
    caption: `Pearson's correlation of two models' scores, mean over texts; the colours go from ${low.toFixed(2)} to 1; models that agree stand together (average linkage). Mean of the pairs: ${mean.toFixed(2)}.` +
      (r.models > MOST_MODELS ? ` The first ${MOST_MODELS} models.` : ''),
    draw(width, theme, document) {
      const side = Math.min(width, 560), shown = cells.filter((c) => isFinite(c.value)), steps = Array.from({length: 41}, (_, i) => low + (i * (1 - low)) / 40);
      const fill = (x: number) => colorOf(theme, low < 0 ? x : (x - low) / (1 - low || 1)).ground;
      return plot(theme, document, {
        width: side, height: side, marginTop: 64, marginLeft: 34, marginRight: 22, marginBottom: 8, padding: 0, x: {axis: 'top', label: 'model', ticks: [], domain: order.map((_, i) => i), type: 'band'} as never,
        y: {label: 'model', ticks: [], domain: order.map((_, i) => i), type: 'band'} as never, color: {type: 'identity'} as never,
        marks: [
          // The scale of the colours, in a picture of its own above.
          (_index: unknown, _scales: unknown, _values: unknown, _size: unknown, context: {document: Document}) => {
            const group = context.document.createElementNS('http://www.w3.org/2000/svg', 'g'), from = 34;
            const add = (tag: string, attributes: Record<string, string | number>, text = '') => {
              const element = context.document.createElementNS('http://www.w3.org/2000/svg', tag);
              for (const [name, v] of Object.entries(attributes)) element.setAttribute(name, String(v));
              element.textContent = text;
              group.append(element);
            };
            steps.forEach((x, i) => add('rect', {x: from + i * WIDE / 41, y: 6, width: WIDE / 41 + 0.5, height: 10, fill: fill(x)}));
            for (const [x, anchor, text] of [[from, 'start', low.toFixed(2)], [from + WIDE, 'end', '1']] as [number, string, string][]) add('text', {x, y: 30, 'text-anchor': anchor, fill: theme.ink}, text);
            return group;
          },
          Plot.cell(shown, {x: 'x', y: 'y', fill: (c: (typeof cells)[0]) => fill(c.value), inset: M > 60 ? -0.3 : 0.4,
          title: (c: (typeof cells)[0]) => `models ${c.a} and ${c.b}: ${isFinite(c.value) ? c.value.toFixed(3) : 'no text in common'}`})],
      });
    },
    rows: () => [['model', 'other', 'correlation'], ...cells.map((c) => [c.a, c.b, isFinite(c.value) ? c.value : null])],
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
        width: side, height: 0.8 * side, marginLeft: 56, x: {label: 'first component', grid: true, ticks: 5}, y: {label: 'second component', grid: true, ticks: 5}, color: {type: 'identity'} as never,
        marks: [Plot.dot(points, {x: 'x', y: 'y', r: 4, fill: (p) => (number && number > 1 ? hueOf(theme, p.mode) : seriesColor(theme, s.index)), fillOpacity: 0.75, title: (p) => `model ${p.model}`})],
      });
    },
    rows: () => [['model', 'first', 'second', 'mode'], ...points.map((p) => [p.model, p.x, p.y, p.mode])],
  };
}
