// A figure: what it shows, drawn by Observable Plot; and its frame on the page, with buttons that save it.
import type {Theme} from './color';
import {type Child, make, save} from './dom';
import {isNumber} from './number';

export type Cell = string | number | null;

export interface Figure {
  id: string;      // of the files that are saved
  title: string;   // what is on the axes
  caption: string; // what is drawn, in which units, which interval
  term?: string;   // key of its definition
  /// A picture that stands by itself: no style of the page's.
  draw(width: number, theme: Theme, document: Document): SVGElement | HTMLElement;
  /// The numbers behind it; the first row is the heading.
  rows(): Cell[][];
}

export const PLOT_FONT = 'system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif';

const quote = (cell: Cell): string => {
  const text = cell === null || (typeof cell === 'number' && !isNumber(cell)) ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
};
export const csvOf = (figure: Figure): string => figure.rows().map((row) => row.map(quote).join(',') + '\n').join('');

/// The picture's own markup, with the namespace that a file needs.
export function markupOf(picture: Element, theme: Theme): string {
  const svg = picture.tagName.toLowerCase() === 'svg' ? picture : picture.querySelector('svg')!;
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.removeAttribute('xmlns:xlink');
  const text = svg.outerHTML;
  const [, open] = /^(<svg[^>]*>)/.exec(text) || ['', ''];
  return `<?xml version="1.0" encoding="UTF-8"?>\n${open}<rect width="100%" height="100%" fill="${theme.paper}"/>${text.slice(open.length)}\n`;
}

function savePng(picture: Element, theme: Theme, name: string): void {
  const svg = picture.tagName.toLowerCase() === 'svg' ? picture : picture.querySelector('svg')!;
  const width = Number(svg.getAttribute('width')), height = Number(svg.getAttribute('height')), image = new Image();
  image.onload = () => {
    const canvas = make('canvas', {width: 2 * width, height: 2 * height}), context = canvas.getContext('2d')!;
    context.scale(2, 2);
    context.drawImage(image, 0, 0, width, height);
    canvas.toBlob((blob) => blob && save(`${name}.png`, 'image/png', blob));
  };
  image.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(markupOf(picture, theme));
}

/// On the page.  `controls` stand between title and picture.
export function frame(figure: Figure, width: number, theme: Theme, what: Child, ...controls: Child[]): HTMLElement {
  const picture = figure.draw(width, theme, document);
  picture.setAttribute('role', 'img');
  picture.setAttribute('aria-label', `${figure.title}. ${figure.caption}`);
  const button = (label: string, act: () => void) =>
    make('button', {type: 'button', onclick: act, 'aria-label': `save "${figure.title}" as ${label}`}, label);
  return make('figure', {id: `figure-${figure.id}`, class: 'figure'},
    make('figcaption', null, make('h4', null, figure.title, ' ', what), make('p', {class: 'hint'}, figure.caption)),
    controls.length ? make('div', {class: 'controls'}, ...controls) : null, make('div', {class: 'scroll'}, picture),
    make('div', {class: 'saves'}, button('SVG', () => save(`${figure.id}.svg`, 'image/svg+xml', markupOf(picture, theme))),
      button('PNG', () => savePng(picture, theme, figure.id)), button('CSV', () => save(`${figure.id}.csv`, 'text/csv', csvOf(figure)))));
}
