// The first screen: what was studied, what came out, how sure.
import {type Child, make} from './dom';
import type {Results, Series} from './data';
import {explain} from './definitions';
import {format, formatCount, formatEstimate, formatInterval, formatShare, isNumber, plural} from './number';
import {table, type Column} from './table';

export const withRange = (x: Child, range: string): HTMLElement => make('span', null, x, range ? make('span', {class: 'range'}, ' ' + range) : null);
const known = (x: unknown): number | null => (isNumber(x) ? x : null);

export function lede(r: Results): string {
  const made = r.study.families.every((f) => f.type === 'array' || f.type === null), texts = plural(r.ids.length, 'text');
  if (made) return `The scores of ${plural(r.models, 'model')} for the words of ${texts}: what the models agree on is signal, where they differ is noise.`;
  const names = r.study.families.map((f) => `${f.models_trained} ${f.name}`), last = names.pop();
  return `${names.length ? names.join(', ') + ' and ' : ''}${last} models, alike within a family but for the randomness of training, explain ${texts} word by word. ` +
    'What they agree on is signal; where they differ is the noise of training.';
}

const standing: Record<string, string> = {mostly_signal: 'mostly signal', about_even: 'about even', mostly_noise: 'mostly noise', not_established: 'not established', no_signal: 'no signal'};

export function verdicts(r: Results): HTMLElement[] {
  const compared = r.study.comparisons.map((c) => make('div', {class: 'verdict'}, make('span', {class: 'badge undefined'}, 'compared'),
    make('p', null, c.verdict[0].toUpperCase() + c.verdict.slice(1) + '.')));
  return [...r.series.map(({name, explainer: {pooled}}) => make('div', {class: 'verdict'},
    make('span', {class: 'badge ' + pooled.standing}, standing[pooled.standing] || pooled.standing.replace(/_/g, ' ')),
    make('p', null, make('strong', null, name), ': ' + pooled.verdict + '.'))),
    compared.length > 4 ? make('details', null, make('summary', null, plural(compared.length, 'comparison'), ' of families'), ...compared) : make('div', null, ...compared)];
}

export function familiesTable(r: Results): HTMLElement {
  const pooled = (s: Series) => s.explainer.pooled, accuracy = (s: Series) => s.family.accuracy;
  const columns: Column<Series>[] = [
    {title: 'family', left: true, value: (s) => s.family.name, cell: (s) => s.family.name},
    {title: 'explainer', left: true, value: (s) => s.explainer.name, cell: (s) => s.explainer.name},
    {title: 'models', term: 'models', value: (s) => s.family.models_equivalent, cell: (s) => `${s.family.models_equivalent}/${s.family.models_trained}`},
    {title: 'accuracy', term: 'accuracy', value: (s) => known(accuracy(s)?.mean),
     cell: (s) => withRange(format(accuracy(s)?.mean), isNumber(accuracy(s)?.min) ? `${format(accuracy(s)?.min)}–${format(accuracy(s)?.max)}` : '')},
    {title: 'signal', term: 'signal', value: (s) => known(pooled(s).signal), cell: (s) => format(pooled(s).signal)},
    {title: 'noise', term: 'noise', value: (s) => known(pooled(s).noise), cell: (s) => format(pooled(s).noise)},
    {title: 'SNR, 95 % interval', term: 'snr', value: (s) => known(pooled(s).snr),
     cell: (s) => withRange(make('strong', null, formatEstimate(pooled(s).snr, pooled(s).snr_ci)), formatInterval(pooled(s).snr, pooled(s).snr_ci))},
    {title: 'ICC', term: 'icc', value: (s) => known(pooled(s).icc), cell: (s) => format(pooled(s).icc)},
    {title: `models for ${r.study.reliability}`, term: 'needed', value: (s) => known(pooled(s).models_needed), cell: (s) => formatCount(pooled(s).models_needed)},
    {title: 'effective words', term: 'complexity', value: (s) => known(pooled(s).complexity?.models.effective_words), cell: (s) => format(pooled(s).complexity?.models.effective_words)},
    {title: 'plausibility', term: 'plausibility', value: (s) => known(pooled(s).plausibility?.models.auroc), cell: (s) => format(pooled(s).plausibility?.models.auroc)},
    {title: 'faithfulness', term: 'faithfulness', value: (s) => known((s.explainer.faithfulness?.mask || s.explainer.faithfulness?.delete)?.own.aopc_comprehensiveness),
     cell: (s) => format((s.explainer.faithfulness?.mask || s.explainer.faithfulness?.delete)?.own.aopc_comprehensiveness)},
    {title: 'explainer’s share', term: 'explainer_noise', value: (s) => share(s), cell: (s) => (isNumber(share(s)) ? formatShare(share(s)) : '0 %')},
  ];
  const share = (s: Series): number | null => (isNumber(pooled(s).explainer_noise) && isNumber(pooled(s).noise) && (pooled(s).noise as number) > 0 ? (pooled(s).explainer_noise as number) / (pooled(s).noise as number) : null);
  const optional = new Set(['accuracy', 'effective words', 'plausibility', 'faithfulness', 'explainer’s share']);
  const kept = columns.filter((c) => !optional.has(c.title) || r.series.some((s) => c.value(s) !== null && (c.title !== 'explainer’s share' || (c.value(s) as number) > 0)));
  return table(kept, r.series, {caption: 'families and explainers', explain, search: r.series.length > 8, page: 60});
}

export function notes(r: Results): HTMLElement | null {
  const all = r.study.families.flatMap((f) => [...f.notes.map((n) => `${f.name}: ${n}`), ...f.explainers.flatMap((e) => e.notes.map((n) => `${f.name}, ${e.name}: ${n}`))]);
  const {texts, words, scores} = r.study.left_out;
  if (texts) all.push(`${plural(texts, 'text')} of a series are not in this page, which would be too large; they count in all that is pooled`);
  if (words) all.push(`the words of ${plural(words, 'text')} of a series are not in this page, which would be too large: xsnr show has them`);
  if (scores) all.push(`the scores of single models are left out for ${plural(scores, 'text')} of a series, for the same reason`);
  return all.length ? make('details', null, make('summary', null, `${plural(all.length, 'note')}: models dropped, texts without signal, what was left out`),
    make('ul', null, ...all.map((n) => make('li', null, n)))) : null;
}
