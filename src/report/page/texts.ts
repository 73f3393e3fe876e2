// The list of texts: SNR of each with its interval, a page of them at a time; and the same as a table.
import * as Plot from '@observablehq/plot';
import {seriesColor, symbolOf, type Theme} from './color';
import type {Series, Text} from './data';
import {explain} from './definitions';
import {make} from './dom';
import {formatEstimate, formatInterval, isNumber} from './number';
import {withRange} from './overview';
import {below, clip, marginFor, onScale, plot, ratioScale} from './plots';
import type {State} from './state';
import {table, type Column} from './table';

const PAGE = 40, SHEET = 950; // texts of a page; px of a sheet of paper

export function orderedIds(state: State): string[] {
  const {ids, series} = state.results;
  if (state.order < 0) return ids;
  const place = new Map(ids.map((id, i) => [id, i]));
  const key = (id: string) => {
    const snr = series[state.order].byText.get(id)?.snr;
    return isNumber(snr) ? snr : -Infinity;
  };
  return ids.slice().sort((a, b) => key(b) - key(a) || place.get(a)! - place.get(b)!);
}

/// The mark of a series, as the plot has it.
export function mark(theme: Theme, s: Series): SVGElement {
  const made = Plot.plot({document, figure: false, width: 14, height: 14, margin: 0, axis: null, marks: [Plot.dot([0], {frameAnchor: 'middle', r: 4.5, symbol: symbolOf(s.mark), fill: seriesColor(theme, s.index)})]} as never) as unknown as SVGElement;
  made.setAttribute('aria-hidden', 'true');
  return made;
}

interface Point { id: string; s: Series; text: Text }

/// The page of texts that holds the chosen one; choose(id) is called by a click and by the arrow keys.
export function textsPlot(state: State, width: number, choose: (id: string) => void): HTMLElement {
  const theme = state.theme(), shown = state.visible(), r = state.results, step = Math.max(20, 8 + 8 * shown.length), most = state.printing ? Math.min(PAGE, Math.max(4, Math.floor(SHEET / step))) : PAGE;
  const list = orderedIds(state), at = Math.max(0, list.indexOf(state.text)), from = Math.floor(at / most) * most, page = list.slice(from, from + most);
  const all = shown.flatMap((s) => s.explainer.texts), x = ratioScale(all.flatMap((t) => [t.snr, t.snr_ci[1]]), 'SNR');
  const label = (id: string) => (r.any(id).class ? `${id}  ${r.any(id).class}` : id), left = marginFor(page.map(label), width * 0.85);
  const points = page.flatMap((id) => shown.flatMap((s): Point[] => (s.byText.has(id) ? [{id, s, text: s.byText.get(id)!}] : [])));
  const top = 40, names = shown.map((s) => s.name);
  const color = (p: Point) => seriesColor(theme, p.s.index);
  const told = (p: Point) => `${p.s.name}: SNR ${formatEstimate(p.text.snr, p.text.snr_ci)} ${formatInterval(p.text.snr, p.text.snr_ci)}${p.text.no_signal ? ', no signal found' : ''}`;
  const picture = plot(theme, document, {
    width, height: top + step * page.length + 8, marginLeft: left, marginTop: top, marginRight: 16, marginBottom: 8, color: {type: 'identity'} as never,
    x: {...x, axis: 'top', grid: true}, y: {type: 'band', domain: names, axis: null, padding: 0.2}, fy: {domain: page, axis: null, padding: 0.08}, symbol: {domain: names, range: shown.map((s) => symbolOf(s.mark))},
    marks: [
      Plot.frame({fy: state.text, fill: theme.faint, stroke: 'none'} as never),
      x.domain[0] < 1 ? Plot.ruleX([1], {stroke: theme.soft, strokeDasharray: '4 3'}) : null,
      Plot.text(page, {fy: (id: string) => id, text: (id: string) => clip(label(id), left), frameAnchor: 'left', textAnchor: 'end', dx: -8, fontWeight: 400}),
      Plot.link(points.filter((p) => p.text.snr_ci.every(isNumber)), {x1: (p: Point) => onScale(x, p.text.snr_ci[0]), x2: (p: Point) => onScale(x, p.text.snr_ci[1]), y1: (p: Point) => p.s.name, y2: (p: Point) => p.s.name, fy: 'id', stroke: color, strokeWidth: 2, strokeOpacity: 0.55}),
      Plot.dot(points.filter((p) => isNumber(p.text.snr)), {x: (p: Point) => onScale(x, p.text.snr), y: (p: Point) => p.s.name, fy: 'id', r: 4, symbol: (p: Point) => p.s.name, stroke: color, fill: (p: Point) => (p.text.no_signal || below(x, p.text.snr as number) ? theme.paper : color(p)), title: told}),
      Plot.text(points.filter((p) => !isNumber(p.text.snr)), {y: (p: Point) => p.s.name, fy: 'id', text: () => 'undefined', frameAnchor: 'left', dx: 6, fill: theme.soft}),
    ],
  });
  const box = make('div', {class: 'rows', tabindex: 0, role: 'listbox', 'aria-label': `SNR of ${list.length} texts with intervals; arrow up and down choose a text`, 'aria-activedescendant': 'chosen-text'}, picture,
    make('span', {id: 'chosen-text', class: 'silent', role: 'option', 'aria-selected': 'true'}, [state.text, ...points.filter((p) => p.id === state.text).map(told)].join('; ')));
  picture.setAttribute('aria-hidden', 'true');
  box.addEventListener('click', (event) => {
    const frame = picture.getBoundingClientRect(), row = Math.floor((((event.clientY - frame.top) / frame.height) * (top + step * page.length + 8) - top) / step);
    if (row >= 0 && row < page.length) choose(page[row]);
  });
  box.addEventListener('keydown', (event) => {
    const to = {ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + most, PageUp: at - most, Home: 0, End: list.length - 1}[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(list[Math.max(0, Math.min(list.length - 1, to))]);
  });
  const turn = (by: number) => choose(list[Math.max(0, Math.min(list.length - 1, from + by * most))]);
  return make('div', null, list.length > most ? make('div', {class: 'controls'},
    make('span', {class: 'pair'}, make('button', {type: 'button', disabled: from === 0, onclick: () => turn(-1)}, '‹ earlier'), make('button', {type: 'button', disabled: from + most >= list.length, onclick: () => turn(1)}, 'later ›')),
    make('span', {class: 'hint'}, `texts ${from + 1} to ${from + page.length} of ${list.length}`)) : null, box);
}

export function textsTable(state: State): HTMLElement {
  const r = state.results, columns: Column<string>[] = [
    {title: 'text', left: true, value: (id) => id, cell: (id) => make('a', {href: '#text=' + encodeURIComponent(id)}, id)},
    {title: 'class', left: true, value: (id) => r.any(id).class || '', cell: (id) => r.any(id).class || ''},
    {title: 'words', value: (id) => r.any(id).words, cell: (id) => String(r.any(id).words)},
    ...r.series.map((s): Column<string> => ({title: 'SNR ' + s.name, value: (id) => s.byText.get(id)?.snr ?? null, cell: (id) => {
      const t = s.byText.get(id);
      return t ? withRange(formatEstimate(t.snr, t.snr_ci), formatInterval(t.snr, t.snr_ci)) : '';
    }})),
  ];
  return table(columns, r.ids, {caption: 'SNR of every text', search: true, page: 50, explain});
}
