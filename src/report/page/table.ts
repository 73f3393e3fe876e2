// Tables that sort, and that one can search.
import {csvOf} from './csv';
import {type Child, make, save} from './dom';

export interface Column<R> {
  title: string;
  left?: boolean;
  /// Key of the definition that the heading opens.
  term?: string;
  value: (row: R) => string | number | null;
  /// What it is sorted by, if not its value.
  sort?: (row: R) => number;
  cell: (row: R) => Child;
}

export interface TableOptions { caption: string; page?: number; search?: boolean; save?: string /* name of the file that a button saves */; explain?: (term: string) => Child }

export function table<R>(columns: Column<R>[], rows: R[], options: TableOptions): HTMLElement {
  const body = make('tbody'), most = options.page || Infinity;
  let by = -1, down = false, wanted = '', from = 0;
  const found = make('output', {class: 'hint'}), search = make('input', {type: 'search', placeholder: 'search', autocomplete: 'off', 'aria-label': `search ${options.caption}`});
  const back = make('button', {type: 'button', onclick: () => turn(-1)}, '‹ back'), on = make('button', {type: 'button', onclick: () => turn(1)}, 'on ›');
  const plain = (row: R) => columns.map((c) => String(c.value(row) ?? '')).join(' ').toLowerCase();

  function refill(): void {
    const kept = wanted ? rows.filter((row) => plain(row).includes(wanted)) : rows.slice();
    if (by >= 0)
      kept.sort((a, b) => {
        const key = columns[by].sort || columns[by].value, x = key(a), y = key(b);
        if (x === null || y === null) return Number(x === null) - Number(y === null); // undefined last, either way
        const order = typeof x === 'string' || typeof y === 'string' ? String(x).localeCompare(String(y)) : x - y;
        return order * (down ? -1 : 1);
      });
    if (from >= kept.length) from = 0;
    body.replaceChildren(...kept.slice(from, from + most).map((row) => make('tr', null, ...columns.map((c) =>
      make('td', {'data-label': c.title, class: c.left && 'left'}, c.cell(row))))));
    const last = Math.min(kept.length, from + most);
    found.textContent = kept.length === rows.length && rows.length <= most ? '' : `${kept.length ? from + 1 : 0} to ${last} of ${kept.length}`;
    back.disabled = from === 0;
    on.disabled = last === kept.length;
  }
  function turn(way: number): void {
    from = Math.max(0, from + way * most);
    refill();
  }

  const heads = columns.map((c, k) => make('th', {scope: 'col', class: c.left && 'left'}, make('button', {type: 'button', onclick: () => {
    down = by === k ? !down : !c.left;
    by = k;
    from = 0;
    heads.forEach((head, i) => (i === k ? head.setAttribute('aria-sort', down ? 'descending' : 'ascending') : head.removeAttribute('aria-sort')));
    refill();
  }}, c.title), c.term && options.explain ? options.explain(c.term) : null));
  search.addEventListener('input', () => {
    wanted = search.value.trim().toLowerCase();
    from = 0;
    refill();
  });
  const saved = () => csvOf([columns.map((c) => c.title), ...rows.map((row) => columns.map((c) => c.value(row)))]);
  refill();
  return make('div', {class: 'table'},
    options.search || rows.length > most ? make('div', {class: 'controls'}, options.search ? search : null, found,
      rows.length > most ? make('span', {class: 'pair'}, back, on) : null) : null,
    make('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': options.caption},
      make('table', {'aria-label': options.caption}, make('thead', null, make('tr', null, ...heads)), body)),
    options.save ? make('div', {class: 'saves'}, make('button', {type: 'button', 'aria-label': `save the table of ${options.caption} as CSV`, onclick: () => save(`${options.save}.csv`, 'text/csv', saved())}, 'CSV')) : null);
}
