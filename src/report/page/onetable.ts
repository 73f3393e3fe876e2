// The one table: family × explainer × unit × kind of analysis, with what each is worth.
import {type Results, type Row} from './data';
import {explain} from './definitions';
import {make} from './dom';
import {format, formatEstimate, formatInterval, isNumber} from './number';
import {withRange} from './overview';
import {table, type Column} from './table';

const UNITS = ['word', '2-gram', '3-gram', '4-gram', '5-gram', 'sentence', 'phrase'];

export function oneTable(r: Results): HTMLElement | null {
  const rows = r.study.table || [];
  if (!rows.length) return null;
  const number = (title: string, term: string, value: (row: Row) => number | null | undefined): Column<Row> =>
    ({title, term, value: (row) => value(row) ?? null, cell: (row) => (isNumber(value(row)) ? format(value(row)) : '')});
  const columns: Column<Row>[] = [
    {title: 'family', left: true, value: (row) => row.family, cell: (row) => row.family},
    {title: 'explainer', left: true, value: (row) => row.explainer, cell: (row) => row.explainer},
    {title: 'unit', left: true, term: 'spans', value: (row) => row.unit, sort: (row) => UNITS.indexOf(row.unit), cell: (row) => row.unit},
    {title: 'analysis', left: true, term: 'order', value: (row) => row.analysis, cell: (row) => row.analysis},
    {title: 'SNR, 95 % interval', term: 'snr', value: (row) => row.snr, cell: (row) => (isNumber(row.snr) ? withRange(make('strong', null, formatEstimate(row.snr, row.snr_ci)), formatInterval(row.snr, row.snr_ci)) : '')},
    number('signal', 'signal', (row) => row.signal), number('noise', 'noise', (row) => row.noise), number('bits', 'information', (row) => row.bits),
    number('AUROC, mean', 'plausibility', (row) => row.plausibility?.auroc), number('AUROC, one model', 'plausibility', (row) => row.plausibility_models?.auroc),
    number('AUPRC, mean', 'plausibility', (row) => row.plausibility?.auprc), number('token F1, mean', 'plausibility', (row) => row.plausibility?.token_f1), number('IOU F1, mean', 'plausibility', (row) => row.plausibility?.iou_f1),
    number('compr., mean', 'faithfulness', (row) => row.comprehensiveness_mean), number('compr., one model', 'faithfulness', (row) => row.comprehensiveness),
    number('suff., mean', 'faithfulness', (row) => row.sufficiency_mean), number('suff., one model', 'faithfulness', (row) => row.sufficiency),
    number('effective words, mean', 'complexity', (row) => row.effective_words), number('effective words, one model', 'complexity', (row) => row.effective_words_models),
    number('Gini', 'complexity', (row) => row.gini), number('words for 80 %', 'complexity', (row) => row.words80), number('accuracy', 'accuracy', (row) => row.accuracy),
  ];
  const kept = columns.filter((c) => rows.some((row) => c.value(row) !== null && c.value(row) !== ''));
  return make('section', {'aria-labelledby': 'table-h', class: 'inner'}, make('h3', {id: 'table-h'}, 'All in one table'),
    make('p', {class: 'hint'}, 'Every family, explainer, unit and kind of analysis: what it shows, what it costs to read, whether people and the model agree. mean: of the mean explanation over models; one model: mean over single models. A click on a heading sorts.'),
    table(kept, rows, {caption: 'family, explainer, unit and analysis', explain, search: true, page: 25, save: 'table'}));
}
