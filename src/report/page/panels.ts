// Word by word: one panel a family and explainer, coloured on one scale; what a word's colour hides, in a tooltip.
import {colorOf, seriesColor, type Theme} from './color';
import {type Series, type Text} from './data';
import {byId, draw, make} from './dom';
import {format, formatEstimate, formatInterval, formatP, formatShare, isNumber, minus, plural} from './number';
import type {State} from './state';
import {shades, type Shade} from './view';

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = a.length, sum = (f: (i: number) => number) => Array.from({length: n}, (_, i) => f(i)).reduce((x, y) => x + y, 0);
  const ma = sum((i) => a[i]) / n, mb = sum((i) => b[i]) / n;
  const ab = sum((i) => (a[i] - ma) * (b[i] - mb)), aa = sum((i) => (a[i] - ma) ** 2), bb = sum((i) => (b[i] - mb) ** 2);
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : NaN;
}

// What one training would have told: how near this model comes to the mean of all.
function tellModel(state: State, text: Text): string {
  const single = state.results.scoresOf(text, state.model);
  if (!single) return !text.model.includes(state.model - 1)
    ? `Model ${state.model} is not among those compared here (not equivalent, or it predicts another class); the mean is shown.`
    : 'The scores of single models of this text are not in the page (too many).';
  const means = state.results.statistics(text).map((w) => w.mean);
  const top = (values: ArrayLike<number>) => Array.from(values, (x, i): [number, number] => [Math.abs(x), i]).sort((a, b) => b[0] - a[0]).slice(0, 5).map((pair) => pair[1]);
  const mine = top(single), theirs = new Set(top(means)), shared = mine.filter((i) => theirs.has(i)).length;
  return `Model ${state.model}: ${shared} of its ${mine.length} strongest words are among the mean’s ${theirs.size}; correlation with the mean ${format(correlation(single, means))}.`;
}

function sample(theme: Theme, name: string, look: string): HTMLElement {
  const word = make('span', {class: 'w ' + look}, name), color = colorOf(theme, 0.12);
  word.style.backgroundColor = color.ground;
  word.style.color = color.ink;
  return word;
}

function scale(state: State, limits: number[], limit: number): HTMLElement {
  const width = 264, cells = 41, theme = state.theme(), captum = theme.palette === 'captum';
  const svg = draw('svg', {class: 'own', width, height: 46, viewBox: `0 0 ${width} 46`, role: 'img',
    'aria-label': `colour scale from minus ${format(limit)}, ${captum ? 'red' : 'blue'}, against the class, over zero to plus ${format(limit)}, ${captum ? 'green' : 'red'}, for the class`});
  for (let i = 0; i < cells; i++)
    svg.append(draw('rect', {x: 2 + (i * 260) / cells, y: 16, width: 260 / cells + 0.5, height: 12, fill: colorOf(theme, (2 * i) / (cells - 1) - 1).ground}));
  const ends: [number, string, string][] = limit > 0 && !state.ownScale ? [[2, 'start', '−' + format(limit)], [262, 'end', '+' + format(limit)]] : [];
  for (const [x, anchor, text] of [[132, 'middle', '0'] as [number, string, string], ...ends]) svg.append(draw('text', {x, y: 43, 'text-anchor': anchor, class: 'soft'}, text));
  const [less, plus] = state.against ? ['less than ' + state.against.name, 'more'] : ['against the class', 'for the class'];
  svg.append(draw('text', {x: 2, y: 11}, less), draw('text', {x: 262, y: 11, 'text-anchor': 'end'}, plus));
  const what = `${state.ownScale ? 'Each panel has a scale of its own, named in it' : 'One scale for all panels'}; scores normalised: ${state.results.study.normalize}.`;
  // One panel's strongest word can make all others faint.
  const sorted = limits.filter((l) => l > 0).sort((a, b) => a - b), middle = sorted[Math.floor((sorted.length - 1) / 2)], faint = !state.ownScale && sorted.length > 1 && limit > 3 * middle;
  const marked = state.shown().some(({text}) => text.marked?.length);
  return make('div', {class: 'controls keep'}, svg, state.model ? null : make('span', {class: 'heat'}, sample(theme, 'hatched', 'unsure'), ' the 95 % interval covers zero  ', sample(theme, 'dotted', 'unknown'), ' there is no interval'), marked ? make('span', {class: 'heat'}, sample(theme, 'barred', 'marked'), ' people marked it') : null,
    make('span', null, state.model ? what + ' Beyond the scale: full colour. A single model cannot tell how sure it is.' : what),
    faint ? make('span', null, `The strongest words of most panels are below ${format(middle)}: “scale: each its own” brings them out.`) : null);
}

const PALE = 0.3; // of its strength has the colour of a word that does not stand firm

const shareMarked = (text: Text, w: number): number => text.marked?.find(([from, to]) => w >= from && w < to)?.[2] || 0;

function heatMap(state: State, s: Series, text: Text, list: Shade[], limit: number): HTMLElement {
  const theme = state.theme(), heat = make('p', {class: 'heat', role: 'group', 'aria-label': `words of ${text.id}, ${s.name}; arrow keys move`, dir: 'auto'});
  const names = state.results.textWords(text);
  list.forEach((shade, w) => {
    const {text: name, gap} = names[w];
    if (gap) heat.append(' ');
    const marked = shareMarked(text, w);
    const span = make('span', {class: 'w' + (shade.known ? (shade.sure ? '' : ' unsure') : ' unknown') + (marked ? ' marked' : ''), tabindex: w ? -1 : 0, role: 'img',
      'aria-label': `${name}: ${isNumber(shade.value) || !shade.known ? format(shade.value) : 'in no phrase'}${!shade.known ? ', no interval' : shade.sure ? '' : ', interval covers zero'}${marked ? `, marked by ${formatShare(marked)} of the annotators` : ''}`}, name);
    const color = colorOf(theme, limit > 0 && isNumber(shade.value) ? (shade.value / limit) * (shade.sure ? 1 : PALE) : 0);
    span.style.backgroundColor = color.ground;
    if (shade.sure || !shade.known) span.style.color = color.ink;
    for (const event of ['mouseenter', 'focus']) span.addEventListener(event, () => showTip(state, span, s, text, w));
    for (const event of ['mouseleave', 'blur']) span.addEventListener(event, hideTip);
    heat.append(span);
  });
  heat.addEventListener('keydown', (event) => {
    const words = [...heat.querySelectorAll<HTMLElement>('.w')], at = words.indexOf(document.activeElement as HTMLElement);
    const to = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: words.length - 1}[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (!words[to]) return;
    words[at].tabIndex = -1;
    words[to].tabIndex = 0;
    words[to].focus();
  });
  return heat;
}

/// Scale and panels of the chosen text.
export function panels(state: State): {scale: HTMLElement | null; list: HTMLElement[]} {
  const theme = state.theme(), shown = state.shown().filter(({s}) => s !== state.against);
  const shaded = shown.map(({s, text}) => ({s, text, list: text.stats ? shades(state, s, text) : null}));
  const limitOf = (list: Shade[]) => Math.max(0, ...list.map((shade) => (isNumber(shade.value) ? Math.abs(shade.value) : 0)));
  // Single models are shown on the means' scale, so that stepping does not change it.
  const model = state.model;
  state.model = 0;
  const limits = shown.map(({s, text}) => limitOf((text.stats && shades(state, s, text)) || [])), limit = Math.max(0, ...limits);
  state.model = model;
  return {
    scale: shaded.some((p) => p.list) ? scale(state, limits, limit) : null,
    list: shaded.map(({s, text, list}, k) => {
      const facts = [isNumber(text.snr) ? `SNR ${formatEstimate(text.snr, text.snr_ci)} ${formatInterval(text.snr, text.snr_ci)}${text.no_signal ? ', no signal found' : ''}` : `SNR undefined${text.models < 2 ? ': it needs two models' : ''}`,
        plural(text.models, 'model')];
      if (state.ownScale && limits[k] > 0) facts.push(`scale ±${format(limits[k])}`);
      if (text.target) facts.push(`for class ${text.target}`);
      if (isNumber(text.pearson_pairs_mean)) facts.push(`two models correlate at r = ${format(text.pearson_pairs_mean)}`);
      return make('article', {class: 'panel'},
        make('h3', null, make('span', {class: 'key', style: `background:${seriesColor(theme, s.index)}`, 'aria-hidden': 'true'}), `${s.family.name}, ${s.explainer.name}${state.against ? ` − ${state.against.name}` : ''}`),
        make('p', {class: 'facts'}, facts.join(' · ')),
        list ? heatMap(state, s, text, list, state.ownScale ? limits[k] : limit) : make('p', {class: 'hint'}, text.stats ? 'This needs the scores of single models, which the page has not for this text (too many).' : 'The words of this text are not in the page (too many): xsnr show has them.'),
        state.model ? make('p', {class: 'one'}, tellModel(state, text)) : null);
    }),
  };
}

/* ---- the tooltip */

// Zero and a round number either side, short enough to stand side by side.
const axisTicks = (reach: number): number[] => {
  const most = 0.85 * reach, power = 10 ** Math.floor(Math.log10(most)), step = +(power * ([5, 2, 1].find((k) => k * power <= most) || 1)).toPrecision(1);
  return [-step, 0, step];
};
const tick = (x: number): string => (x && Math.abs(x) < 1e-3 ? minus(x.toExponential(0)) : minus(String(x)));

function showTip(state: State, span: HTMLElement, s: Series, text: Text, w: number): void {
  const word = state.results.statistics(text)[w], tip = byId('tip'), theme = state.theme(), color = seriesColor(theme, s.index);
  const single = state.model ? state.results.scoresOf(text, state.model) : null, ci: [number, number] = [word.low, word.high];
  const lines = [['mean', formatEstimate(word.mean, ci)], ['95 % interval', formatInterval(word.mean, ci) || 'undefined'], ['SNR', format(word.snr)], ['same sign', formatShare(word.sign)], ['p, adjusted', formatP(word.p)]];
  const marked = shareMarked(text, w);
  if (marked) lines.push(['marked by', formatShare(marked) + ' of the annotators']);
  if (single) lines.unshift([`model ${state.model}`, format(single[w])]);
  const all = state.results.scores(text), n = text.words, values = all ? Array.from({length: all.length / n}, (_, m) => all[m * n + w]) : [];
  const reach = Math.max(1e-12, ...[word.min, word.max, word.mean, ...values].filter(isNumber).map(Math.abs)) * 1.06, at = (x: number) => 8 + ((x + reach) / (2 * reach)) * 254;
  const svg = draw('svg', {class: 'own', width: 270, height: 62, viewBox: '0 0 270 62'}), line = (a: number, b: number, y: number, extra = {}) => draw('line', {x1: at(a), x2: at(b), y1: y, y2: y, stroke: color, ...extra});
  for (const x of axisTicks(reach)) svg.append(draw('line', {x1: at(x), x2: at(x), y1: 18, y2: 60, stroke: x ? theme.faint : theme.soft}), draw('text', {x: at(x), y: 12, 'text-anchor': 'middle', class: 'soft'}, tick(x)));
  if (isFinite(word.q25)) {
    svg.append(line(word.whiskerLow, word.q25, 30), line(word.q75, word.whiskerHigh, 30),
      draw('rect', {x: at(word.q25), y: 24, width: Math.max(1, at(word.q75) - at(word.q25)), height: 12, fill: color, 'fill-opacity': 0.25, stroke: color}),
      draw('line', {x1: at(word.median), x2: at(word.median), y1: 24, y2: 36, stroke: color, 'stroke-width': 2}), draw('circle', {cx: at(word.mean), cy: 30, r: 2.2, fill: color}));
    values.forEach((x, m) => svg.append(draw('circle', {cx: at(x), cy: 48 + ((m * 7) % 11) - 5, r: 1.7, fill: color, 'fill-opacity': 0.55})));
  }
  if (single) svg.append(draw('line', {x1: at(single[w]), x2: at(single[w]), y1: 20, y2: 60, stroke: theme.ink, 'stroke-width': 2}));
  tip.replaceChildren(make('b', null, word.text), ` ${s.name}`, make('dl', null, ...lines.flatMap(([name, value]) => [make('dt', null, name), make('dd', null, value)])), svg);
  tip.hidden = false;
  span.setAttribute('aria-describedby', 'tip');
  const box = span.getClientRects()[0], room = document.documentElement.clientWidth;
  tip.style.left = Math.max(6, Math.min(box.left, room - tip.offsetWidth - 6)) + scrollX + 'px';
  const below = box.bottom + 8 + tip.offsetHeight < innerHeight;
  tip.style.top = (below ? box.bottom + 8 : box.top - tip.offsetHeight - 8) + scrollY + 'px';
}

export function hideTip(): void {
  byId('tip').hidden = true;
}
