// The page: sections put together, and what follows when the reader chooses.
import type {Palette} from './color';
import {agreement} from './agreement';
import {convergence, modes} from './across';
import {type Results, readPage, type Series} from './data';
import {explain, glossary} from './definitions';
import {byId, make} from './dom';
import {type Figure, frame} from './figure';
import {studyFigures} from './figures';
import {made} from './made';
import {familiesTable, lede, notes, verdicts} from './overview';
import {hideTip, panels} from './panels';
import {State, type View} from './state';
import {oneTable} from './onetable';
import {mark, orderedIds, textsPlot, textsTable} from './texts';
import {boxes, MOST_TOGETHER, type Order, signalAndNoise} from './words';
import {clip} from './plots';

function blocks(name: string): string[] {
  return [...document.querySelectorAll(`script[data-part="${name}"]`)].map((script) => script.textContent || '');
}

const results: Results = readPage(blocks);
const state = new State(results);
const widthOf = (id: string) => Math.max(300, Math.min(1040, byId(id).clientWidth));

/* ---- sections */

function show(figure: Figure | null, id: string, ...controls: HTMLElement[]): HTMLElement | null {
  return figure && frame(figure, widthOf(id), state.theme(), explain(figure.term || ''), ...controls);
}

// Figures of the study are drawn when they come into sight: some take a second for many models.  Those that have been
// drawn are drawn at once when the page's width or colours change.
const drawn = new Set<number>();
function later(key: number, fill: () => HTMLElement | null): HTMLElement {
  const place = make('div', {class: 'later'});
  const act = () => {
    const made = fill();
    drawn.add(key);
    if (made) place.replaceChildren(made);
    else place.remove();
  };
  if (drawn.has(key)) queueMicrotask(act);
  const watcher = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watcher.disconnect();
    act();
  }, {rootMargin: '600px'});
  if (!drawn.has(key)) watcher.observe(place);
  place.addEventListener('draw', () => {
    watcher.disconnect();
    act();
  });
  return place;
}

let agreeing = 0; // series whose models' agreement is shown
function agreementFigure(): HTMLElement | null {
  const choice = make('select', {'aria-label': 'family and explainer', onchange: (event: Event) => {
    agreeing = Number((event.target as HTMLSelectElement).value);
    (event.target as HTMLElement).closest('.later')!.replaceChildren(...[agreementFigure()].filter((x): x is HTMLElement => x !== null));
  }}, ...results.series.map((s) => make('option', {value: s.index, selected: s.index === agreeing}, s.name)));
  for (let k = 0; k < results.series.length; k++) {
    const figure = agreement(results, results.series[(agreeing + k) % results.series.length]);
    if (figure) return show(figure, 'figures', ...(results.series.length > 1 ? [choice] : []));
  }
  return null;
}

function showFigures(): void {
  const fills = [...studyFigures(results).map((figure) => () => show(figure, 'figures')), () => show(convergence(results), 'figures'), agreementFigure];
  byId('figures').replaceChildren(...fills.map((fill, key) => later(key, fill)));
}

function showTexts(): void {
  const held = document.activeElement && byId('dots').contains(document.activeElement);
  byId('dots').replaceChildren(textsPlot(state, widthOf('dots'), choose));
  if (held) byId('dots').querySelector<HTMLElement>('.rows')?.focus({preventScroll: true});
}

function showPicker(): void {
  const wanted = state.filter.trim().toLowerCase(), MOST = 500;
  const plain = (id: string) => `${id} ${results.any(id).class || ''} ${results.textWords(results.any(id)).map((w) => w.text).join(' ')}`.toLowerCase();
  const found = wanted ? results.ids.filter((id) => plain(id).includes(wanted)) : results.ids;
  if (wanted && found.length && !found.includes(state.text)) choose(found[0]);
  const at = Math.max(0, found.indexOf(state.text)), from = Math.max(0, Math.min(at - MOST / 2, found.length - MOST)), listed = found.slice(from, from + MOST);
  byId('pick').replaceChildren(...(listed.length ? listed : [state.text]).map((id) => make('option', {value: id, selected: id === state.text}, [id, results.any(id).class, clip(results.snippet(id), 320)].filter(Boolean).join(' · '))));
  byId<HTMLInputElement>('find').setCustomValidity(found.length ? '' : 'no text has that');
  byId('found').textContent = wanted ? `${found.length} of ${results.ids.length} texts` : '';
}

function showPanels(): void {
  const {scale, list} = panels(state);
  byId('scale').replaceChildren(...(scale ? [scale] : []));
  byId('panels').replaceChildren(...list);
  const slider = byId<HTMLInputElement>('model');
  slider.max = String(results.models);
  slider.value = String(state.model);
  byId('model-is').textContent = state.model ? `model ${state.model} of ${results.models}, alone` : 'mean over all models';
}

// Figures that are asked for less often stand folded; what the reader has unfolded stays so from text to text.
const unfolded = new Set<string>();
function fold(title: string, content: HTMLElement[]): HTMLElement | null {
  if (!content.length) return null;
  const box = make('details', {open: unfolded.has(title) || state.printing}, make('summary', null, title), ...content);
  box.addEventListener('toggle', () => !state.printing && (box.open ? unfolded.add(title) : unfolded.delete(title)));
  return box;
}

// Of many series only those of the explainer that most of them have: boxes of all could not be told apart.
type Shown = ReturnType<State['shown']>;
function together(all: Shown): Shown {
  if (all.length <= MOST_TOGETHER) return all;
  const by = new Map<string, Shown>();
  for (const one of all) by.set(one.s.explainer.name, [...(by.get(one.s.explainer.name) || []), one]);
  return [...by.values()].reduce((a, b) => (b.length > a.length ? b : a));
}

function showWordFigures(): void {
  const all = state.shown().filter(({text}) => text.stats), shown = together(all), first = shown[0];
  const there = (x: HTMLElement | null): x is HTMLElement => x !== null, MOST_MODES = 6;
  const list = [show(boxes(results, shown, state.wordOrder), 'boxes'), show(signalAndNoise(results, shown, state.wordOrder), 'boxes')].filter(there);
  const scatter = shown.slice(0, MOST_MODES).map(({s, text}) => show(modes(results, s, text), 'boxes')).filter(there);
  const [box, ...noise] = list;
  byId('over-which').textContent = `Of text ${state.text}, which is chosen above` + (shown.length < all.length ? `; of ${all.length} families and explainers those of ${first.s.explainer.name}: “show” above chooses others.` : '.');
  byId('boxes').replaceChildren(...(first ? [box, fold('Signal and noise of every word', noise), fold('Modes: do the models fall into groups?', scatter.length ? [make('div', {class: 'grid'}, ...scatter)] : [])].filter(there) : []));
}

/* ---- choices */

function choose(id: string): void {
  if (id === state.text || !results.series.some((s) => s.byText.has(id))) return;
  state.text = id;
  history.replaceState(null, '', '#text=' + encodeURIComponent(id));
  hideTip();
  showPicker();
  showTexts();
  showPanels();
  showWordFigures();
}

function chooseFromHash(): void {
  const found = location.hash.match(/^#text=(.*)$/);
  if (!found) return;
  try {
    choose(decodeURIComponent(found[1]));
  } catch {
    // not one of our links
  }
}

function step(models: number): void {
  state.model = Math.max(0, Math.min(results.models, state.model + models));
  hideTip();
  showPanels();
}

function showText(): void {
  if (!results.ids.length) return;
  showTexts();
  showPanels();
  showWordFigures();
}

function showLegend(): void {
  byId('series-legend').replaceChildren(...results.series.map((s) => {
    const box = make('input', {type: 'checkbox', checked: !state.hidden.has(s.index), onchange: () => {
      if (!state.hidden.delete(s.index)) state.hidden.add(s.index);
      showLegend();
      byId('series-legend').querySelectorAll('input')[s.index].focus({preventScroll: true});
      showText();
    }});
    return make('label', null, results.series.length > 1 ? box : null, mark(state.theme(), s), s.name);
  }));
  const hidden = state.hidden, show = byId<HTMLSelectElement>('show'), is = (of: Series[]) => results.series.every((s) => hidden.has(s.index) !== of.includes(s));
  show.value = choices().find(({of}) => is(of))?.name ?? '';
  byId('shown').textContent = hidden.size ? `${results.series.length - hidden.size} of ${results.series.length} families and explainers` : '';
}

// What “show” offers: all, a family, an explainer.  One by one they are chosen in the key of the texts.
function choices(): {name: string; group: string; label: string; of: Series[]}[] {
  const group = (what: 'family' | 'explainer') => [...new Set(results.series.map((s) => s[what].name))].map((name) => ({name: `${what} ${name}`, group: what, label: name, of: results.series.filter((s) => s[what].name === name)}));
  return [{name: 'all', group: '', label: `all ${results.series.length}`, of: results.series}, ...group('family'), ...group('explainer')];
}

function fillShow(): void {
  const show = byId<HTMLSelectElement>('show'), option = ({name, label}: {name: string; label: string}) => make('option', {value: name}, label), all = choices();
  show.replaceChildren(make('option', {value: '', hidden: true}, 'as marked below'), option(all[0]), ...['family', 'explainer'].map((group) =>
    make('optgroup', {label: group === 'family' ? 'one family' : 'one explainer'}, ...all.filter((c) => c.group === group).map(option))));
  show.closest('label')!.hidden = results.series.length < 3;
  show.addEventListener('change', () => {
    const of = all.find(({name}) => name === show.value)?.of || results.series;
    results.series.forEach((s) => (of.includes(s) ? state.hidden.delete(s.index) : state.hidden.add(s.index)));
    showLegend();
    showText();
  });
}

function showControls(): void {
  const order = byId<HTMLSelectElement>('order');
  order.replaceChildren(make('option', {value: -1}, 'order of the study'), ...results.series.map((s) => make('option', {value: s.index}, `SNR, ${s.name}`)));
  order.value = '0';
  state.order = 0;
  const against = byId<HTMLSelectElement>('against');
  against.replaceChildren(make('option', {value: -1}, 'nothing'), ...results.series.map((s) => make('option', {value: s.index}, s.name)));
  if (results.series.length < 2) against.closest('label')!.hidden = true;
  const on = (id: string, event: string, act: (value: string) => void) => byId(id).addEventListener(event, (e) => act((e.target as HTMLInputElement).value));
  on('order', 'change', (value) => (state.order = Number(value), showTexts()));
  on('find', 'input', (value) => (state.filter = value, showPicker()));
  on('pick', 'change', choose);
  on('model', 'input', (value) => step(Number(value) - state.model));
  if (!results.givesPhrases) document.querySelector('#view option[value=phrases]')!.remove();
  on('view', 'change', (value) => (state.view = value as View, showPanels()));
  on('against', 'change', (value) => (state.against = results.series[Number(value)] || null, showPanels()));
  on('scaling', 'change', (value) => (state.ownScale = value === 'own', showPanels()));
  on('palette', 'change', (value) => (state.palette = value as Palette, showText(), showFigures()));
  on('box-order', 'change', (value) => (state.wordOrder = value as Order, showWordFigures()));
  const turn = (by: number) => {
    const list = orderedIds(state);
    choose(list[(list.indexOf(state.text) + by + list.length) % list.length]);
  };
  byId('previous').addEventListener('click', () => turn(-1));
  byId('next').addEventListener('click', () => turn(1));
}

function start(): void {
  document.title = results.study.study;
  byId('lede').textContent = lede(results);
  const {shown, folded} = verdicts(results);
  byId('verdicts').replaceChildren(...shown);
  byId('families').replaceChildren(familiesTable(results));
  byId('folds').replaceChildren(...folded, ...[notes(results)].filter((x): x is HTMLElement => x !== null));
  byId('glossary').replaceChildren(glossary());
  byId('one-table').replaceChildren(...[oneTable(results)].filter((x): x is HTMLElement => x !== null));
  byId('made').replaceChildren(made(results));
  fillShow();
  showLegend();
  showFigures();
  if (!results.ids.length) return;
  showControls();
  byId('texts-table').replaceChildren(textsTable(state));
  state.text = orderedIds(state)[0];
  chooseFromHash();
  showPicker();
  showText();

  const redraw = () => (showLegend(), showFigures(), showText());
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape') hideTip();
    // Arrow keys step through the models wherever nothing else wants them.
    if (event.target === document.body && (event.key === 'ArrowRight' || event.key === 'ArrowLeft')) step(event.key === 'ArrowRight' ? 1 : -1);
  });
  addEventListener('hashchange', chooseFromHash);
  state.onDark(redraw);
  addEventListener('beforeprint', () => {
    state.printing = true;
    redraw();
    document.querySelectorAll('.later').forEach((place) => place.dispatchEvent(new Event('draw')));
  });
  addEventListener('afterprint', () => (state.printing = false, redraw()));
  let width = innerWidth;
  addEventListener('resize', () => {
    if (innerWidth !== width) width = innerWidth, redraw();
  });
}

start();
