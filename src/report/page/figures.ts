// The figures of a study: all families and explainers, all texts.
import * as Plot from '@observablehq/plot';
import type {Figure} from './figure';
import {apart, below, clip, marginFor, onScale, place, plot, ratioScale} from './plots';
import {hueOf, seriesColor, shadeOf, symbolOf, type Theme} from './color';
import type {Moment, Results, Row, Series} from './data';
import {isNumber} from './number';

type Bar = {name: string; k: number; x: number; low?: number; high?: number};
const named = (r: Results, value: (s: Series) => number | null | undefined): Bar[] =>
  r.series.flatMap((s) => (isNumber(value(s)) ? [{name: s.name, k: s.index, x: value(s) as number}] : []));
/// At most so many of the ticks, evenly.
const few = (ticks: number[] | undefined, most: number): number[] | undefined => ticks?.filter((_, i) => i % Math.ceil(ticks.length / most) === 0);
const CI = 'line: 95 % interval, jackknife over models (where none is seen, it is narrower than its mark)';

function snrOfSeries(r: Results): Figure {
  return {
    id: 'snr', title: 'SNR by family and explainer', term: 'snr',
    caption: `Signal variance / noise variance, pooled over texts; ${CI}. Dashed: as much noise as signal in one model's explanation.`,
    draw(width, theme, document) {
      const bars = r.series.map((s) => ({name: s.name, k: s.index, x: s.explainer.pooled.snr, low: s.explainer.pooled.snr_ci[0], high: s.explainer.pooled.snr_ci[1]}));
      const x = ratioScale(bars.flatMap((b) => [b.x, b.high]), 'SNR'), left = marginFor(bars.map((b) => b.name), width);
      return plot(theme, document, {
        width, height: 70 + 24 * bars.length, marginLeft: left, marginRight: 24, x: {...x, grid: true}, color: {type: 'identity'} as never,
        y: {domain: bars.map((b) => b.name), label: null, tickFormat: (name: string) => clip(name, left), tickSize: 0},
        marks: [
          x.domain[0] < 1 ? Plot.ruleX([1], {stroke: theme.soft, strokeDasharray: '4 3'}) : null,
          Plot.link(bars.filter((b) => isNumber(b.low) && isNumber(b.high)), {x1: (b: Bar) => onScale(x, b.low), x2: (b: Bar) => onScale(x, b.high), y1: 'name', y2: 'name', stroke: (b: Bar) => seriesColor(theme, b.k), strokeWidth: 2.5}),
          Plot.dot(bars.filter((b) => isNumber(b.x)), {x: (b: Bar) => onScale(x, b.x), y: 'name', r: 4.5, fill: (b: Bar) => seriesColor(theme, b.k)}),
        ],
      });
    },
    rows: () => [['family', 'explainer', 'snr', 'ci_low', 'ci_high'], ...r.series.map((s) => [s.family.name, s.explainer.name, s.explainer.pooled.snr, ...s.explainer.pooled.snr_ci])],
  };
}

const MANY = 300; // texts that have no mark each

function snrOfTexts(r: Results): Figure {
  const points = r.series.flatMap((s) => s.explainer.texts.filter((t) => isNumber(t.snr)).sort((a, b) => (b.snr as number) - (a.snr as number))
    .map((t, rank) => ({s, t, rank: rank + 1}))), many = r.ids.length > MANY;
  return {
    id: 'snr-texts', title: 'SNR of every text, sorted', term: 'snr',
    caption: many ? 'Texts from the most to the least; line: SNR; band: 95 % interval of each, jackknife over models.' :
      `One mark a text, from the most to the least; ${CI}. Hollow: no signal found (the corrected signal is not above zero), or less than the scale shows.`,
    draw(width, theme, document) {
      const y = ratioScale(points.flatMap(({t}) => [t.snr, t.snr_ci[1]]), 'SNR'), left = 52, strip = 110;
      const names = r.series.filter((s) => points.some((p) => p.s === s)).map((s) => s.name);
      const color = ({s}: {s: Series}) => seriesColor(theme, s.index);
      // Many strips stand in two columns.
      const columns = names.length > 8 && width > 600 ? 2 : 1, lines = Math.ceil(names.length / columns);
      const fx = (name: string) => Math.floor(names.indexOf(name) / lines), fy = (name: string) => names.indexOf(name) % lines, where = {fx: ({s}: {s: Series}) => fx(s.name), fy: ({s}: {s: Series}) => fy(s.name)};
      return plot(theme, document, {
        width, height: 76 + strip * lines, marginLeft: left, marginRight: 12, marginTop: 40, y: {...y, grid: true, ticks: few(y.ticks, 3) || 4}, x: {label: 'rank of the text'}, color: {type: 'identity'} as never,
        fx: {domain: Array.from({length: columns}, (_, k) => k), axis: null, padding: 0.06}, fy: {domain: Array.from({length: lines}, (_, k) => k), axis: null, padding: 0.18},
        marks: [
          y.domain[0] < 1 ? Plot.ruleY([1], {stroke: theme.soft, strokeDasharray: '4 3'}) : null,
          Plot.text(names, {fx, fy, text: (n: string) => clip(n, (width - left) / columns), frameAnchor: 'top-left', dy: -14, fontWeight: 600}),
          ...(many ? [Plot.areaY(points.filter(({t}) => t.snr_ci.every(isNumber)), {x: 'rank', y1: ({t}) => onScale(y, t.snr_ci[0]), y2: ({t}) => onScale(y, t.snr_ci[1]), ...where, z: ({s}) => s.name, fill: color, fillOpacity: 0.3}),
            Plot.lineY(points, {x: 'rank', y: ({t}) => onScale(y, t.snr), ...where, z: ({s}) => s.name, stroke: color, strokeWidth: 1.8})] : [
          Plot.ruleX(points.filter(({t}) => t.snr_ci.every(isNumber)), {x: 'rank', y1: ({t}) => onScale(y, t.snr_ci[0]), y2: ({t}) => onScale(y, t.snr_ci[1]), ...where, stroke: color, strokeOpacity: 0.6}),
          Plot.dot(points, {x: 'rank', y: ({t}) => onScale(y, t.snr), ...where, r: 2.6, stroke: color, fill: (p: (typeof points)[0]) => (p.t.no_signal || below(y, p.t.snr as number) ? theme.paper : color(p))})]),
        ],
      });
    },
    rows: () => [['family', 'explainer', 'text', 'rank', 'snr', 'ci_low', 'ci_high'], ...points.map(({s, t, rank}) => [s.family.name, s.explainer.name, t.id, rank, t.snr, ...t.snr_ci])],
  };
}

const ORDERS: [string, (p: Series['explainer']['pooled']) => Moment | null | undefined][] = [
  ['order 1', (p) => p as unknown as Moment], ['order 2', (p) => p.order2], ['order 3', (p) => p.order3], ['order 4', (p) => p.order4],
  ['bivariate', (p) => p.bivariate_window5]];

const BELOW = ' Hollow, at the left end: not above zero, or less than the scale shows.';

// Small pictures side by side, one a kind, a mark a series.
function byKind(r: Results, kinds: string[], value: (s: Series, kind: string) => number | null | undefined, figure: Omit<Figure, 'draw' | 'rows'>, label: string, ratio: boolean): Figure | null {
  const points = kinds.flatMap((kind) => named(r, (s) => value(s, kind)).map((b) => ({...b, kind})));
  if (!points.length) return null;
  const shown = kinds.filter((kind) => points.some((p) => p.kind === kind));
  const onRatio = ratioScale(points.map((p) => p.x), label);
  return {
    ...figure, caption: figure.caption + (ratio && points.some((p) => below(onRatio, p.x)) ? BELOW : ''),
    draw(width, theme, document) {
      const scale = ratio ? onRatio : {type: 'linear' as const, label, domain: [Math.min(0, ...points.map((p) => p.x)), 1.05 * Math.max(1e-9, ...points.map((p) => p.x))] as [number, number]};
      const names = r.series.map((s) => s.name), left = marginFor(names, width);
      const wide = Math.max(width, left + 120 * shown.length);
      return plot(theme, document, {
        width: wide, height: 90 + 22 * names.length, marginLeft: left, marginTop: 36, marginRight: 16, x: {...scale, grid: true, ticks: few('ticks' in scale ? scale.ticks : undefined, 3) || 3}, color: {type: 'identity'} as never,
        y: {domain: names, label: null, tickFormat: (name: string) => clip(name, left), tickSize: 0}, fx: {domain: shown, label: null, padding: 0.32},
        marks: [
          Plot.ruleX([scale.type === 'log' ? scale.domain[0] : 0], {stroke: theme.line}),
          Plot.link(points, {x1: () => (scale.type === 'log' ? scale.domain[0] : 0), x2: (p: Bar) => onScale(scale, p.x), y1: 'name', y2: 'name', fx: 'kind', stroke: (p: Bar) => seriesColor(theme, p.k), strokeWidth: 2, strokeOpacity: 0.5}),
          Plot.dot(points, {x: (p) => onScale(scale, p.x), y: 'name', fx: 'kind', r: 4, stroke: (p: Bar) => seriesColor(theme, p.k), fill: (p: Bar) => (below(scale, p.x) ? theme.paper : seriesColor(theme, p.k))}),
        ],
      });
    },
    rows: () => [['family', 'explainer', 'kind', label], ...points.map((p) => [r.series[p.k].family.name, r.series[p.k].explainer.name, p.kind, p.x])],
  };
}

function sources(r: Results): Figure | null {
  const parts = r.series.flatMap((s) => (s.explainer.pooled.sources?.effects || []).filter((e) => isNumber(e.share)).map((e) => ({s, name: s.name, effect: e.effect.join(' × '), share: Math.max(0, e.share as number), ci: e.share_ci})));
  if (!parts.length) return null;
  const effects = [...new Set(parts.map((p) => p.effect))];
  return {
    id: 'sources', title: 'Share of the noise by source of randomness', term: 'sources', key: effects.map((name, hue) => ({name, hue})),
    caption: 'Crossed study: every combination of the seeds was trained. Share of the pooled noise in per cent; negative estimates count as zero. The intervals are in the CSV.',
    draw(width, theme, document) {
      const names = [...new Set(parts.map((p) => p.name))], left = marginFor(names, width);
      // A part has its name and per cent if there is room, else the per cent alone: the key names the colours.
      const told = (p: (typeof parts)[0]) => [`${p.effect} ${Math.round(100 * p.share)}`, String(Math.round(100 * p.share))].find((text) => 7 * Array.from(text).length < p.share * (width - left - 20)) ?? '';
      return plot(theme, document, {
        width, height: 76 + 30 * names.length, marginLeft: left, marginTop: 8, x: {label: 'share of the noise', percent: true, domain: [0, 100], clamp: true},
        y: {domain: names, label: null, tickFormat: (name: string) => clip(name, left), tickSize: 0},
        marks: [
          Plot.barX(parts, {x: 'share', y: 'name', fill: (p: (typeof parts)[0]) => shadeOf(theme, {hue: effects.indexOf(p.effect), shade: 0}), order: effects, insetTop: 4, insetBottom: 4} as never),
          Plot.textX(parts, Plot.stackX({x: 'share', y: 'name', text: told, fill: theme.dark ? '#111' : '#fff'} as never)),
        ],
        color: {type: 'identity'} as never,
      });
    },
    rows: () => [['family', 'explainer', 'effect', 'share', 'ci_low', 'ci_high'], ...parts.map((p) => [p.s.family.name, p.s.explainer.name, p.effect, p.share, ...p.ci])],
  };
}

// What it is worth, on the horizontal axis: of single models, and of the mean explanation over models.
interface Worth { one?: (s: Series) => number | null | undefined; mean?: (s: Series) => number | null | undefined; row?: (row: Row) => number | null | undefined }

const MOST_NAMED = 8; // marks with a name each

// The key of many series, above the frame: families by hue, then explainers by mark.
function keyMarks(of: Series[], theme: Theme, room: number): {marks: Plot.Markish[]; room: number} {
  const LINE = 18, families = [...new Map(of.map((s) => [s.family.name, s])).values()], explainers = [...new Map(of.map((s) => [s.explainer.name, s])).values()];
  const single = families.length === 1; // then an explainer has a hue of its own
  const entries = [...(single ? [] : families.map((s) => ({name: s.family.name, fill: hueOf(theme, s.paint.hue), symbol: 'circle'}))),
    ...explainers.map((s) => ({name: s.explainer.name, fill: single ? hueOf(theme, s.paint.hue) : theme.soft, symbol: symbolOf(s.mark) as string}))];
  let x = 6, line = 0;
  const placed = entries.map((e, i) => {
    const needs = 26 + 7 * Array.from(e.name).length;
    if ((x > 6 && x + needs > room) || (i === families.length && !single)) x = 6, line++;
    const at = {...e, x, line};
    x += needs;
    return at;
  });
  const lines = line + 1;
  return {room: LINE * lines + 8, marks: placed.flatMap((e) => {
    const dy = -(LINE * (lines - e.line)) - 4;
    return [Plot.dot([e], {frameAnchor: 'top-left', dx: e.x, dy, r: 4.5, fill: e.fill, symbol: e.symbol} as never), Plot.text([e], {text: () => e.name, frameAnchor: 'top-left', textAnchor: 'start', lineAnchor: 'middle', dx: e.x + 9, dy, fill: theme.ink} as never)];
  })};
}

function against(r: Results, id: string, what: string, unit: string, term: string, worth: Worth): Figure | null {
  const known = (x: number | null | undefined) => (isNumber(x) ? x : null);
  const points = r.series.flatMap((s) => {
    const one = known(worth.one?.(s)), mean = known(worth.mean?.(s)), x = mean ?? one;
    return x !== null && isNumber(s.explainer.pooled.snr) ? [{s, x, one: mean === null ? null : one, y: s.explainer.pooled.snr as number, ci: s.explainer.pooled.snr_ci}] : [];
  });
  if (points.length < 2) return null;
  // The same explanations looked at in other ways: n-grams, sentences, higher orders.
  const others = points.flatMap((p) => (r.study.table || []).flatMap((row) => {
    const x = row.family === p.s.family.name && row.explainer === p.s.explainer.name && !(row.unit === 'word' && row.analysis === 'first order') ? known(worth.row?.(row)) : null;
    return x !== null && isNumber(row.snr) && row.snr > 0 ? [{s: p.s, row, x, y: row.snr as number}] : [];
  }));
  const pairs = points.filter((p) => p.one !== null);
  return {
    id: `snr-${id}`, title: `SNR against ${what}`, term,
    caption: `One mark a family and explainer; horizontal: ${unit}; vertical ${CI}.` + (pairs.length ? ' Filled: of the mean explanation over models; hollow: of single models, on average.' : '') +
      (others.length ? ' Small: the same explanations by n-grams, sentences and higher orders.' : ''),
    draw(width, theme, document) {
      const y = ratioScale([...points.flatMap((p) => [p.y, p.ci[1]]), ...others.map((o) => o.y)], 'SNR'), xs = [...points.flatMap((p) => [p.x, p.one ?? p.x]), ...others.map((o) => o.x)];
      const low = Math.min(...xs), high = Math.max(...xs), room = (high - low || Math.abs(high) || 1) * 0.08, height = Math.min(460, 0.8 * width), left = 56;
      const across = (x: number) => left + ((x - low + room) / (high - low + 2 * room)) * (width - left - 16);
      // Names stand above their marks, and move apart where they would overlap.
      const many = points.length > MOST_NAMED, color = (p: {s: Series}) => (many ? hueOf(theme, p.s.paint.hue) : seriesColor(theme, p.s.index)), label = (p: {s: Series}) => clip(p.s.name, width * 0.42);
      const names = (many ? [] : points).map((p) => {
        const text = label(p), room = 3.4 * text.length + 4, at = across(p.x);
        return {p, text, anchor: at < left + room ? 'start' : at > width - 16 - room ? 'end' : 'middle', at};
      });
      const shift = apart(names.map(({p, text, anchor, at}) => ({x: at - 6.8 * text.length * ({start: 0, middle: 0.5, end: 1}[anchor] as number), y: place(y, onScale(y, p.y), height - 64), width: 6.8 * text.length})), 13);
      // Of many, the names stand beside their marks in a key: a hue a family, a mark an explainer.
      const symbol = (p: {s: Series}) => symbolOf(p.s.mark), key = many ? keyMarks(points.map((p) => p.s), theme, width - left) : {marks: [], room: 0};
      return plot(theme, document, {
        width, height: height + key.room, marginLeft: left, marginTop: 28 + key.room, marginRight: 16, symbol: {type: 'identity'} as never, x: {label: unit, domain: [low - room, high + room], grid: true, ticks: 5}, y: {...y, grid: true}, color: {type: 'identity'} as never,
        marks: [
          y.domain[0] < 1 ? Plot.ruleY([1], {stroke: theme.soft, strokeDasharray: '4 3'}) : null,
          Plot.dot(others, {x: 'x', y: (p) => onScale(y, p.y), r: 2.2, fill: color, fillOpacity: 0.45, title: (o) => `${o.s.name}: ${o.row.unit}, ${o.row.analysis}`}),
          Plot.ruleX(points.filter((p) => p.ci.every(isNumber)), {x: 'x', y1: (p) => onScale(y, p.ci[0]), y2: (p) => onScale(y, p.ci[1]), stroke: color, strokeWidth: 2}),
          Plot.link(pairs, {x1: 'one', x2: 'x', y1: (p) => onScale(y, p.y), y2: (p) => onScale(y, p.y), stroke: color, strokeOpacity: 0.5}),
          Plot.dot(pairs, {x: 'one', y: (p) => onScale(y, p.y), r: 3.5, stroke: color, fill: theme.paper}),
          Plot.dot(points, {x: 'x', y: (p: (typeof points)[0]) => onScale(y, p.y), r: 4.5, fill: color, ...(many ? {symbol} : {})} as never),
          ...key.marks,
          ...names.map(({p, text, anchor}, i) => Plot.text([p], {x: 'x', y: (q) => onScale(y, q.y), text: () => text, textAnchor: anchor as 'start', dy: shift[i] ? shift[i] - 1 : -12, fill: color})),
        ],
      });
    },
    rows: () => [['family', 'explainer', 'unit', 'analysis', what, `${what} of single models`, 'snr', 'ci_low', 'ci_high'],
      ...points.map((p) => [p.s.family.name, p.s.explainer.name, 'word', 'first order', p.x, p.one, p.y, ...p.ci]),
      ...others.map((o) => [o.s.family.name, o.s.explainer.name, o.row.unit, o.row.analysis, o.x, null, o.y, ...o.row.snr_ci])],
  };
}

function explainerNoise(r: Results): Figure | null {
  const parts = r.series.flatMap((s) => {
    const {noise, explainer_noise: own} = s.explainer.pooled;
    if (!isNumber(own) || !isNumber(noise) || own <= 0 || noise <= 0) return [];
    return [{s, name: s.name, part: 'the explainer', share: Math.min(1, own / noise)}, {s, name: s.name, part: 'training', share: Math.max(0, 1 - own / noise)}];
  });
  if (!parts.length) return null;
  return {
    id: 'explainer-noise', title: "The explainer's own noise and the training's", term: 'explainer_noise',
    caption: 'Share of the noise, pooled over texts: what repeated runs on one model differ by, and what is left for training.',
    draw(width, theme, document) {
      const names = [...new Set(parts.map((p) => p.name))], left = marginFor(names, width);
      return plot(theme, document, {
        width, height: 94 + 28 * names.length, marginLeft: left, marginTop: 36, x: {label: 'share of the noise', percent: true, domain: [0, 100], clamp: true}, color: {type: 'identity'} as never,
        y: {domain: names, label: null, tickFormat: (name: string) => clip(name, left), tickSize: 0},
        marks: [
          Plot.barX(parts, {x: 'share', y: 'name', fill: (p) => (p.part === 'training' ? theme.line : seriesColor(theme, p.s.index)), insetTop: 4, insetBottom: 4}),
          Plot.textX(parts, Plot.stackX({x: 'share', y: 'name', text: (p: (typeof parts)[0]) => (p.share > 0.2 ? `${p.part} ${Math.round(100 * p.share)} %` : ''), fill: (p: (typeof parts)[0]) => (p.part === 'training' ? theme.ink : theme.dark ? '#111' : '#fff')} as never)),
        ],
      });
    },
    rows: () => [['family', 'explainer', 'part', 'share'], ...parts.map((p) => [p.s.family.name, p.s.explainer.name, p.part, p.share])],
  };
}

const judged = (s: Series) => s.explainer.faithfulness?.mask || s.explainer.faithfulness?.delete;

/// Those that the study has numbers for.
export function studyFigures(r: Results): Figure[] {
  const spanKinds = ['word', '2 words', '3 words', '4 words', '5 words', 'sentence', 'phrase'];
  const list: (Figure | null)[] = [
    snrOfSeries(r), snrOfTexts(r),
    byKind(r, ORDERS.map(([name]) => name), (s, kind) => ORDERS.find(([name]) => name === kind)![1](s.explainer.pooled)?.snr,
      {id: 'orders', title: 'SNR at first and higher orders', term: 'order', caption: 'Pooled over texts; order 1 is the mean that heat maps show; the others look at how scores scatter from model to model.'}, 'SNR', true),
    byKind(r, ['gaussian', 'pi1', 'pi2', 'kde'], (s, kind) => s.explainer.pooled.information?.[kind as 'pi1'],
      {id: 'information', title: 'Information of one score on its word', term: 'information', caption: 'Bits a score, mean over texts. gaussian: what the SNR alone would give; pi1: means only; pi2: means and variances; kde: any shape. Beyond pi1 lies what first-order analysis misses.'}, 'bits', false),
    byKind(r, spanKinds, (s, kind) => (kind === 'word' ? (s.explainer.pooled.spans ? s.explainer.pooled.snr : null) : kind === 'sentence' ? s.explainer.pooled.spans?.sentences?.snr : kind === 'phrase' ? s.explainer.pooled.spans?.phrases?.snr : s.explainer.pooled.spans?.ngrams[kind[0]]?.snr),
      {id: 'spans', title: 'SNR of words, n-grams, sentences and phrases', term: 'spans', caption: 'Scores summed over the span; pooled over texts.'}, 'SNR', true),
    sources(r), explainerNoise(r),
    against(r, 'accuracy', 'accuracy', 'mean accuracy on test', 'accuracy', {one: (s) => s.family.accuracy?.mean}),
    against(r, 'complexity', 'complexity', 'effective words of an explanation', 'complexity',
      {one: (s) => s.explainer.pooled.complexity?.models.effective_words, mean: (s) => s.explainer.pooled.complexity?.mean.effective_words, row: (row) => row.effective_words}),
    against(r, 'plausibility', 'plausibility', 'AUROC against human marks', 'plausibility',
      {one: (s) => s.explainer.pooled.plausibility?.models.auroc, mean: (s) => s.explainer.pooled.plausibility?.mean.auroc, row: (row) => row.plausibility?.auroc}),
    against(r, 'faithfulness', 'faithfulness', 'comprehensiveness, AOPC', 'faithfulness', {one: (s) => judged(s)?.own.aopc_comprehensiveness, mean: (s) => judged(s)?.mean.aopc_comprehensiveness}),
  ];
  return list.filter((f): f is Figure => f !== null);
}
