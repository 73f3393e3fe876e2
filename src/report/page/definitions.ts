// Definitions, one click away: the text of docs/definitions.md, which is bundled.
import source from '../../../docs/definitions.md';
import {type Child, make} from './dom';

export interface Definition { term: string; title: string; text: string; formula: string; source: string }

// "## term: title", paragraphs, a line "    formula", a line "Source: …".
function parse(markdown: string): Map<string, Definition> {
  const found = new Map<string, Definition>();
  for (const part of markdown.split(/^## /m).slice(1)) {
    const [head, ...lines] = part.split('\n'), [term, ...title] = head.split(': ');
    const formula = lines.filter((line) => line.startsWith('    ')).map((line) => line.trim()).join('\n');
    const from = lines.filter((line) => line.startsWith('Source: ')).map((line) => line.slice(8)).join(' ');
    const text = lines.filter((line) => line && !line.startsWith('    ') && !line.startsWith('Source: ')).join(' ');
    found.set(term, {term, title: title.join(': '), text, formula, source: from});
  }
  return found;
}

export const definitions = parse(source);

/// A small button that opens the definition of `term`.
export function explain(term: string): Child {
  const d = definitions.get(term);
  if (!d) return null;
  return make('button', {type: 'button', class: 'what', 'aria-label': `what is ${d.title}?`, onclick: (event: Event) => {
    event.stopPropagation();
    open(d);
  }}, '?');
}

function open(d: Definition): void {
  const box = make('dialog', {class: 'definition', 'aria-label': d.title},
    make('h3', null, d.title), make('p', null, d.text), d.formula ? make('pre', null, d.formula) : null,
    d.source ? make('p', {class: 'hint'}, 'Source: ', d.source) : null,
    make('form', {method: 'dialog'}, make('button', {autofocus: true}, 'close')));
  box.addEventListener('close', () => box.remove());
  box.addEventListener('click', (event) => event.target === box && box.close());
  document.body.append(box);
  box.showModal();
}

/// All of them, as a list.
export function glossary(): HTMLElement {
  return make('dl', {class: 'words'}, ...[...definitions.values()].flatMap((d) => [make('dt', null, d.title),
    make('dd', null, d.text, d.formula ? make('code', {class: 'formula'}, d.formula) : null, d.source ? make('span', {class: 'hint'}, ` ${d.source}`) : null)]));
}
