// The figures as files, for papers: the page's own figures, drawn by Node on a document without a browser (linkedom).
//
//     node - FOLDER [TEXT…] < the page's data as a string, and this script     (src/report/figures.c puts them together)
//
// Every figure is NAME.svg and NAME.csv, complete or not there: written beside and renamed.
import fs from 'node:fs';
import path from 'node:path';
import {parseHTML} from 'linkedom';
import {agreement} from './agreement';
import {convergence, modes} from './across';
import {themeOf} from './color';
import {type Results, type Series, type Text, readPage} from './data';
import {csvOf} from './csv';
import {type Figure, markupOf} from './figure';
import {studyFigures} from './figures';
import {boxes, MOST_TOGETHER, signalAndNoise} from './words';

const WIDTH = 720; // CSS pixels: a column and a half of a paper
const {document} = parseHTML('<!doctype html><html><body></body></html>');

const dataScripts = (globalThis as unknown as {xsnrPage: string}).xsnrPage;
function blocks(name: string): string[] {
  return [...dataScripts.matchAll(/<script[^>]*data-part="(\w+)"[^>]*>([^]*?)<\/script>/g)].filter(([, part]) => part === name).map(([, , text]) => text);
}

// A family's, an explainer's or a text's name in a file's name; two that look the same there are told apart by a number.
const taken = new Map<string, string>();
function fileName(base: string, ...of: string[]): string {
  const clean = [base, ...of].map((part) => part.replace(/[^\p{L}\p{N}._-]+/gu, '_').slice(0, 60)).join('-'), whole = JSON.stringify([base, ...of]);
  for (let k = 1; ; k++) {
    const name = k === 1 ? clean : `${clean}-${k}`, key = name.toLowerCase();
    if (!taken.has(key)) taken.set(key, whole);
    if (taken.get(key) === whole) return name;
  }
}

function write(folder: string, name: string, text: string): void {
  const beside = path.join(folder, `.${name}.${process.pid}`);
  try {
    fs.writeFileSync(beside, text);
    fs.renameSync(beside, path.join(folder, name));
  } catch (error) {
    fs.rmSync(beside, {force: true});
    throw error;
  }
}

// Many series in one picture cannot be told apart: a picture an explainer then.
type Shown = {s: Series; text: Text}[];
function inParts(shown: Shown): {name: string[]; of: Shown}[] {
  if (shown.length <= MOST_TOGETHER) return [{name: [], of: shown}];
  return [...new Set(shown.map(({s}) => s.explainer.name))].map((name) => ({name: [name], of: shown.filter(({s}) => s.explainer.name === name)}));
}

function* all(r: Results, texts: string[]): Generator<[string, Figure | null]> {
  for (const figure of studyFigures(r)) yield [fileName(figure.id), figure];
  yield [fileName('convergence'), convergence(r)];
  for (const s of r.series) yield [fileName('agreement', s.family.name, s.explainer.name), agreement(r, s)];
  for (const id of texts) {
    const shown = r.series.flatMap((s) => (s.byText.has(id) ? [{s, text: s.byText.get(id)!}] : []));
    for (const part of inParts(shown)) {
      yield [fileName('words', id, ...part.name), boxes(r, part.of, 'text')];
      yield [fileName('words-signal-noise', id, ...part.name), signalAndNoise(r, part.of, 'text')];
    }
    for (const {s, text} of shown) yield [fileName('modes', id, s.family.name, s.explainer.name), modes(r, s, text)];
  }
}

const [folder, ...wanted] = process.argv.slice(2);
try {
  const r = readPage(blocks), theme = themeOf(false, 'red-blue', r.series.map((s) => s.paint)), texts = wanted.length ? wanted : r.ids.slice(0, 10);
  fs.mkdirSync(folder, {recursive: true});
  for (const [name, figure] of all(r, texts)) {
    if (!figure) continue;
    write(folder, `${name}.svg`, markupOf(figure, figure.draw(WIDTH, theme, document as unknown as Document), theme).text);
    write(folder, `${name}.csv`, csvOf(figure.rows()));
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
