// How it was made: configuration, seeds, versions, hashes, and the command that makes it again.
import {make} from './dom';
import type {Results} from './data';

const NAMES: Record<string, string> = {data_sha256: 'SHA-256 of the data', plan: 'study.yaml', plan_path: 'its path', seed: 'seed'};

// What makes the same again; of imported explanations the files are another tool's.
function again(r: Results): string {
  const {made} = r.study, quote = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${path.replace(/'/g, `'\\''`)}'`);
  return made.plan_path ? `xsnr run ${quote(made.plan_path)}` : '';
}

export function made(r: Results): HTMLElement {
  const {study} = r, rows: [string, string | null | undefined][] = [['study', study.study], ['made again by', again(r)], ['xsnr', study.xsnr], ['page written', study.written], ['normalisation', study.normalize], ['equivalent models', study.equivalence],
    ['explained class', study.target], ['seeds of models', study.made.plan ? 'each model draws what varies in its family (vary: init, order, dropout, sample) from streams of its own, made of the seed, the family’s name and its number; the study file holds them' : null], ...Object.entries(study.made).filter(([key]) => key !== 'xsnr').map(([key, value]): [string, string] => [NAMES[key] || key, value])];
  const list: HTMLElement[] = rows.filter(([, value]) => value).flatMap(([key, value]) => [make('dt', null, key), make('dd', null, value!.includes('\n') ? make('details', null, make('summary', null, `${value!.trim().split('\n').length} lines`), make('pre', null, value!)) : value!)]);
  for (const f of study.families.filter((family) => family.settings))
    list.push(make('dt', null, f.name), make('dd', null, make('details', null, make('summary', null, f.type ? `${f.type}: settings` : 'settings'),
      make('ul', null, ...Object.entries(f.settings!).map(([k, v]) => make('li', null, make('code', null, `${k}: ${typeof v === 'string' ? v : JSON.stringify(v)}`)))))));
  return make('dl', {class: 'made'}, ...list);
}
