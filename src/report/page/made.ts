// How it was made: configuration, seeds, versions, hashes, and the command that makes it again.
import {make} from './dom';
import type {Results} from './data';

export function made(r: Results): HTMLElement {
  const {study} = r, rows: [string, string | null | undefined][] = [['study', study.study], ['xsnr', study.xsnr], ['normalisation', study.normalize], ['equivalent models', study.equivalence],
    ['explained class', study.target], ...Object.entries(study.made).filter(([key]) => key !== 'xsnr')];
  const list: HTMLElement[] = rows.filter(([, value]) => value).flatMap(([key, value]) => [make('dt', null, key), make('dd', null, value!.includes('\n') ? make('details', null, make('summary', null, `${value!.trim().split('\n').length} lines`), make('pre', null, value!)) : value!)]);
  for (const f of study.families.filter((family) => family.settings))
    list.push(make('dt', null, f.name), make('dd', null, f.type ? f.type + ' ' : '', make('details', null, make('summary', null, 'settings'),
      make('ul', null, ...Object.entries(f.settings!).map(([k, v]) => make('li', null, make('code', null, `${k}: ${typeof v === 'string' ? v : JSON.stringify(v)}`)))))));
  return make('dl', {class: 'made'}, ...list);
}
