// The first screen: what was studied, what came out, how sure.
import {type Child, make} from './dom';
import type {Family, Results, Series} from './data';
import {explain} from './definitions';
import {format, formatCount, formatEstimate, formatInterval, formatShare, isNumber, plural} from './number';
import {table, type Column} from './table';

export const withRange = (x: Child, range: string): HTMLElement => make('span', null, x, range ? make('span', {class: 'range'}, ' ' + range) : null);
const known = (x: unknown): number | null => (isNumber(x) ? x : null);

export function lede(r: Results): string {
  const made = r.study.families.every((f) => f.type === 'array' || f.type === null), texts = plural(r.ids.length, 'text');
  if (made) return `The scores of ${plural(r.models, 'model')} for the words of ${texts}: what the models agree on is signal, where they differ is noise.`;
  const trained = r.study.families.filter((f) => f.type !== 'human'), people = trained.length < r.study.families.length;
  const names = trained.map((f) => `${f.models_trained} ${f.name}`), last = names.pop();
  return `${names.length ? names.join(', ') + ' and ' : ''}${last} models, alike within a family but for the randomness of training, explain ${texts} word by word. ` +
    'What they agree on is signal; where they differ is the noise of training.' + (people ? ' The people who marked words are one family more, annotators in the place of models.' : '');
}

const standing: Record<string, string> = {mostly_signal: 'mostly signal', about_even: 'about even', mostly_noise: 'mostly noise', some_signal: 'some signal', not_established: 'not established', no_signal: 'no signal'};

const badge = (of: string): HTMLElement => make('span', {class: 'badge ' + of}, standing[of] || of.replace(/_/g, ' '));
const FEW = 4; // series whose verdicts are all read at a glance
const MOST_LINES = 8;

// A family with several explainers in one line: the weakest and the strongest, with their evidence.
function tellFamily(r: Results, family: Family): HTMLElement {
  const of = r.series.filter((s) => s.family === family), sorted = of.filter((s) => isNumber(s.explainer.pooled.snr))
    .sort((a, b) => (a.explainer.pooled.snr as number) - (b.explainer.pooled.snr as number));
  const least = sorted[0], most = sorted[sorted.length - 1];
  if (!least) return make('div', {class: 'verdict'}, badge('undefined'), make('p', null, make('strong', null, family.name), `: ${of[0].explainer.pooled.verdict}.`));
  const alike = of.every((s) => s.explainer.pooled.standing === most.explainer.pooled.standing), one = family.type === 'human' ? 'annotators' : 'models';
  const evidence = ({explainer: {name, pooled}}: Series) => `${name}, SNR ${formatEstimate(pooled.snr, pooled.snr_ci)} ${formatInterval(pooled.snr, pooled.snr_ci)}` +
    (isNumber(pooled.models_needed) && pooled.models_needed > 1 ? `, average ${formatCount(pooled.models_needed)} ${one} for a reliability of ${r.study.reliability}` : '');
  const word = (s: Series) => standing[s.explainer.pooled.standing] || s.explainer.pooled.standing;
  const says = least === most ? `: ${of[0].explainer.pooled.verdict}.` : alike ? `: ${word(most)} by each of ${of.length} explainers, from ${evidence(least)}, to ${evidence(most)}.` :
    `: it depends on the explainer: from ${word(least)} (${evidence(least)}) to ${word(most)} (${evidence(most)}).`;
  return make('div', {class: 'verdict'}, alike ? badge(most.explainer.pooled.standing) : make('span', {class: 'badge about_even'}, 'depends'), make('p', null, make('strong', null, family.name), says));
}

// Of many series the first screen has a line a family, or of many families the two ends; the table below has the badges of all.
export function verdicts(r: Results): {shown: HTMLElement[]; folded: HTMLElement[]} {
  const compared = r.study.comparisons.map((c) => make('div', {class: 'verdict'}, make('span', {class: 'badge undefined'}, 'compared'),
    make('p', null, c.verdict[0].toUpperCase() + c.verdict.slice(1) + '.')));
  const tell = ({name, explainer: {pooled}}: Series) => make('div', {class: 'verdict'}, badge(pooled.standing), make('p', null, make('strong', null, name), ': ' + pooled.verdict + '.'));
  const sorted = r.series.filter((s) => isNumber(s.explainer.pooled.snr)).sort((a, b) => (b.explainer.pooled.snr as number) - (a.explainer.pooled.snr as number));
  const all = r.series.map(tell), many = r.series.length > FEW && sorted.length > 1;
  const folded = [];
  if (many) folded.push(make('details', null, make('summary', null, `All ${r.series.length} verdicts`), ...all));
  if (compared.length > 4) folded.push(make('details', null, make('summary', null, plural(compared.length, 'comparison'), ' of families'), ...compared));
  const told = r.study.families.filter((family) => family.explainers.length);
  const few = told.length < r.series.length && told.length <= MOST_LINES ? told.map((family) => tellFamily(r, family)) : [tell(sorted[sorted.length - 1]), tell(sorted[0])];
  return {shown: [...(many ? few : all), ...(compared.length > 4 ? [] : compared)], folded};
}

export function familiesTable(r: Results): HTMLElement {
  const ranks = ['undefined', ...Object.keys(standing).reverse()];
  const pooled = (s: Series) => s.explainer.pooled, accuracy = (s: Series) => s.family.accuracy;
  const columns: Column<Series>[] = [
    {title: 'family', left: true, value: (s) => s.family.name, cell: (s) => s.family.name},
    {title: 'explainer', left: true, value: (s) => s.explainer.name, cell: (s) => s.explainer.name},
    ...(r.series.length > FEW ? [{title: 'verdict', left: true, value: (s: Series) => ranks.indexOf(pooled(s).standing), cell: (s: Series) => badge(pooled(s).standing)}] : []),
    {title: 'models', term: 'models', value: (s) => s.family.models_equivalent, cell: (s) => `${s.family.models_equivalent}/${s.family.models_trained}`},
    {title: 'accuracy', term: 'accuracy', value: (s) => known(accuracy(s)?.mean),
     cell: (s) => withRange(accuracy(s) ? format(accuracy(s)?.mean) : '', isNumber(accuracy(s)?.min) ? `${format(accuracy(s)?.min)}–${format(accuracy(s)?.max)}` : '')},
    {title: 'signal', term: 'signal', value: (s) => known(pooled(s).signal), cell: (s) => format(pooled(s).signal)},
    {title: 'noise', term: 'noise', value: (s) => known(pooled(s).noise), cell: (s) => format(pooled(s).noise)},
    {title: 'SNR, 95 % interval', term: 'snr', value: (s) => known(pooled(s).snr),
     cell: (s) => withRange(make('strong', null, formatEstimate(pooled(s).snr, pooled(s).snr_ci)), formatInterval(pooled(s).snr, pooled(s).snr_ci))},
    {title: 'ICC', term: 'icc', value: (s) => known(pooled(s).icc), cell: (s) => format(pooled(s).icc)},
    {title: `models for ${r.study.reliability}`, term: 'needed', value: (s) => known(pooled(s).models_needed), cell: (s) => formatCount(pooled(s).models_needed)},
    {title: 'explainer’s share', term: 'explainer_noise', value: (s) => share(s), cell: (s) => (isNumber(share(s)) ? formatShare(share(s)) : '0 %')},
  ];
  const share = (s: Series): number | null => (isNumber(pooled(s).explainer_noise) && isNumber(pooled(s).noise) && (pooled(s).noise as number) > 0 ? Math.min(1, (pooled(s).explainer_noise as number) / (pooled(s).noise as number)) : null); // two estimates: their ratio may pass 1
  const optional = new Set(['accuracy', 'explainer’s share']), many = r.series.length > FEW;
  const kept = columns.filter((c) => !(many && r.study.table?.length && (c.title === 'signal' || c.title === 'noise'))).filter((c) => !optional.has(c.title) || r.series.some((s) => c.value(s) !== null && (c.title !== 'explainer’s share' || (c.value(s) as number) > 0)));
  return table(kept, r.series, {caption: 'families and explainers', explain, search: r.series.length > 12, page: 60});
}

export function notes(r: Results): HTMLElement | null {
  const all = r.study.families.flatMap((f) => [...f.notes.map((n) => `${f.name}: ${n}`), ...f.explainers.flatMap((e) => e.notes.map((n) => `${f.name}, ${e.name}: ${n}`))]);
  const {of, page_mb, texts, words, scores} = r.study.left_out;
  if (texts) all.push(`${texts} of ${of} texts are not in this page, which has room for ${page_mb} MB; they count in all that is pooled`);
  if (words) all.push(`the words of ${words} of ${of} texts are not in this page, for want of room: xsnr show and words.csv have them`);
  if (scores) all.push(`single models’ scores are not in this page for ${scores} of ${of} texts, the last ones: their means and intervals are`);
  if (texts || words || scores) all.push(`more room: xsnr report STUDY.yaml --page-mb ${4 * page_mb}, or report: {page_mb: ${4 * page_mb}} in the study; xsnr analyze STUDY.xsnr --format html --page-mb ${4 * page_mb}`);
  return all.length ? make('details', null, make('summary', null, `${plural(all.length, 'note')}: models dropped, texts without signal, what was left out`),
    make('ul', null, ...all.map((n) => make('li', null, n)))) : null;
}
