// How alike the models are: a heat map of the correlations of every two of them, those that agree side by side.
//
// A hundred models are ten thousand cells.  As elements they would be megabytes, so cells of one colour are one path of strokes, neighbours
// in a row one stroke: vectors all the same, of STEPS colours; the numbers themselves are in the CSV.
import {held} from './across';
import {colorOf, type Theme} from './color';
import type {Results, Series} from './data';
import type {Figure} from './figure';
import {PLOT_FONT} from './figure';

const MOST_MODELS = 120, STEPS = 64;

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

// Strokes of the cells of one colour, in units of cells.
function pathsOf(order: number[], value: Float64Array, colorAt: (x: number) => string): Map<string, string> {
  const M = order.length, paths = new Map<string, string>();
  order.forEach((a, y) => {
    const colors = order.map((b) => (isFinite(value[a * M + b]) ? colorAt(value[a * M + b]) : ''));
    for (let x = 0, to = 0; x < M; x = to) {
      for (to = x + 1; to < M && colors[to] === colors[x]; ) to++;
      if (colors[x]) paths.set(colors[x], `${paths.get(colors[x]) || ''}M${x} ${y}h${to - x}`);
    }
  });
  return paths;
}

// The scale begins a little below the least, at a number of few digits, that differences show.
export function scaleFrom(least: number): {low: number; digits: number} {
  if (least < 0) return {low: -1, digits: 0};
  const power = Math.floor(Math.log10(Math.max(1e-6, 1 - least))), step = 10 ** power / 2;
  return {low: Math.max(0, 1 - step * Math.ceil((1 - least) / step - 1e-9)), digits: 1 - power};
}

interface Cell { x: number; y: number; a: number; b: number; value: number }

function drawMap(document: Document, theme: Theme, width: number, order: number[], value: Float64Array, cells: Cell[], low: number, digits: number): SVGElement {
  const M = order.length, side = Math.min(width, 560), left = 26, top = 74, size = side - left - 14;
  const add = (to: Element, tag: string, attributes: Record<string, string | number>, text = ''): Element => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, v] of Object.entries(attributes)) element.setAttribute(name, String(v));
    element.textContent = text;
    to.append(element);
    return element;
  };
  const share = (x: number) => (low < 0 ? x : (x - low) / (1 - low)), color = (part: number) => colorOf(theme, part).ground;
  const colorAt = (x: number) => color(Math.round(share(x) * STEPS) / STEPS);
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [name, v] of Object.entries({width: side, height: top + size + 14, viewBox: `0 0 ${side} ${top + size + 14}`, fill: theme.ink, style: `font: 12px ${PLOT_FONT}`})) svg.setAttribute(name, String(v));
  // The colours' scale.
  const wide = Math.min(180, size), from = low < 0 ? -1 : 0, shades = 41;
  for (let i = 0; i < shades; i++)
    add(svg, 'rect', {x: left + (i * wide) / shades, y: 18, width: wide / shades + 0.5, height: 10, fill: color(from + (i * (1 - from)) / (shades - 1))});
  add(svg, 'text', {x: left, y: 12}, 'correlation');
  add(svg, 'text', {x: left, y: 42}, low.toFixed(digits).replace('-', '−'));
  add(svg, 'text', {x: left + wide, y: 42, 'text-anchor': 'end'}, '1');
  add(svg, 'text', {x: left, y: top - 8}, 'models, in the order of their agreement →');
  add(svg, 'text', {x: 0, y: 0, transform: `translate(${left - 10} ${top}) rotate(-90)`, 'text-anchor': 'end'}, '← the same models');
  const map = add(svg, 'g', {transform: `translate(${left} ${top}) scale(${size / M}) translate(0 0.5)`, 'shape-rendering': 'crispEdges'});
  for (const [stroke, d] of pathsOf(order, value, colorAt)) add(map, 'path', {d, stroke, fill: 'none'});
  // Pointing at a cell names it.
  const cover = add(svg, 'rect', {x: left, y: top, width: size, height: size, fill: 'transparent'}), title = add(cover, 'title', {});
  cover.addEventListener('pointermove', (event) => {
    const box = cover.getBoundingClientRect(), at = (place: number, of: number) => Math.min(M - 1, Math.max(0, Math.floor((place / of) * M)));
    const c = cells[at((event as PointerEvent).clientY - box.top, box.height) * M + at((event as PointerEvent).clientX - box.left, box.width)];
    title.textContent = `models ${c.a} and ${c.b}: ${isFinite(c.value) ? c.value.toFixed(3) : 'no text in common'}`;
  });
  return svg;
}

export function agreement(r: Results, s: Series): Figure | null {
  const {models, value} = agreementOf(r, s), M = models.length;
  if (M < 3) return null;
  const order = clustered(value, M);
  const cells = order.flatMap((a, y) => order.map((b, x): Cell => ({x, y, a: models[a] + 1, b: models[b] + 1, value: value[a * M + b]})));
  const others = cells.filter((c) => c.x !== c.y && isFinite(c.value)).map((c) => c.value);
  const mean = others.reduce((sum, x) => sum + x, 0) / Math.max(1, others.length), {low, digits} = scaleFrom(others.reduce((a, b) => Math.min(a, b), 1));
  return {
    id: 'agreement', title: `Agreement of models: ${s.name}`, term: 'agreement',
    caption: `Pearson's correlation of two models' scores, mean over texts; the colours go from ${low.toFixed(digits).replace('-', '−')} to 1; models that agree stand together (average linkage). Mean of the pairs: ${mean.toFixed(Math.max(2, digits))}.` +
      (r.models > MOST_MODELS ? ` The first ${MOST_MODELS} models.` : ''),
    draw: (width, theme, document) => drawMap(document, theme, width, order, value, cells, low, digits),
    rows: () => [['model', 'other', 'correlation'], ...cells.map((c) => [c.a, c.b, isFinite(c.value) ? c.value : null])],
  };
}
