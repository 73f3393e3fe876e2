// A figure: what it shows, drawn by Observable Plot; and its frame on the page, with buttons that save it.
import {seriesColor, shadeOf, type Theme} from './color';
import {type Cell, csvOf} from './csv';
import {type Child, make, save} from './dom';

/// A name and the colour that stands for it: of series k, or a hue.
export interface Key { name: string; k?: number; hue?: number }
const keyColor = (theme: Theme, {k, hue}: Key): string => (hue === undefined ? seriesColor(theme, k || 0) : shadeOf(theme, {hue, shade: 0}));

export interface Figure {
  id: string;      // of the files that are saved
  title: string;   // what is on the axes
  caption: string; // what is drawn, in which units, which interval
  term?: string;   // key of its definition
  key?: Key[];     // told apart by colour alone: names beside the colours
  /// A picture that stands by itself: no style of the page's.
  draw(width: number, theme: Theme, document: Document): SVGElement | HTMLElement;
  /// The numbers behind it; the first row is the heading.
  rows(): Cell[][];
}

export const PLOT_FONT = 'system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif';

// Room above the picture for the names of its series; lines of them as wide as the picture.
const KEY_LINE = 20;
function addKey(svg: Element, theme: Theme, key: Key[]): void {
  const width = Number(svg.getAttribute('width')), height = Number(svg.getAttribute('height')), shapes = svg.ownerDocument!;
  const add = (tag: string, attributes: Record<string, string | number>, text = '') => {
    const element = shapes.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    element.textContent = text;
    svg.append(element);
  };
  const places: {x: number; line: number}[] = [];
  let x = 12, line = 0;
  for (const {name} of key) {
    const needs = 26 + 7 * Array.from(name).length;
    if (x > 12 && x + needs > width) x = 12, line++;
    places.push({x, line});
    x += needs;
  }
  const room = KEY_LINE * (line + 1) + 4;
  key.forEach((entry, i) => {
    const y = places[i].line * KEY_LINE - room + 14;
    add('circle', {cx: places[i].x, cy: y - 4, r: 4.5, fill: keyColor(theme, entry)});
    add('text', {x: places[i].x + 9, y, fill: theme.ink, 'text-anchor': 'start'}, entry.name);
  });
  svg.setAttribute('height', String(height + room));
  svg.setAttribute('viewBox', `0 ${-room} ${width} ${height + room}`);
}

/// The picture as a file that stands by itself: the namespace that it needs, its paper, the names of its series.
export function markupOf(figure: Figure, picture: Element, theme: Theme): {text: string; width: number; height: number} {
  const svg = (picture.tagName.toLowerCase() === 'svg' ? picture : picture.querySelector('svg')!).cloneNode(true) as Element;
  if (figure.key && figure.key.length > 1) addKey(svg, theme, figure.key);
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.removeAttribute('xmlns:xlink');
  const [x, y] = (svg.getAttribute('viewBox') || '0 0').split(' ');
  const text = svg.outerHTML, [, open] = /^(<svg[^>]*>)/.exec(text) || ['', ''];
  const paper = `<rect x="${x}" y="${y}" width="100%" height="100%" fill="${theme.paper}"/>`;
  return {text: `<?xml version="1.0" encoding="UTF-8"?>\n${open}${paper}${text.slice(open.length)}\n`,
    width: Number(svg.getAttribute('width')), height: Number(svg.getAttribute('height'))};
}

function savePng(figure: Figure, picture: Element, theme: Theme): void {
  const {text, width, height} = markupOf(figure, picture, theme), image = new Image();
  image.onload = () => {
    const canvas = make('canvas', {width: 2 * width, height: 2 * height}), context = canvas.getContext('2d')!;
    context.scale(2, 2);
    context.drawImage(image, 0, 0, width, height);
    canvas.toBlob((blob) => blob && save(`${figure.id}.png`, 'image/png', blob));
  };
  image.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(text);
}

// The names of the series beside their colours, where the picture itself does not say them.
function keyOf(figure: Figure, theme: Theme): HTMLElement | null {
  if (!figure.key || figure.key.length < 2) return null;
  return make('div', {class: 'legend'}, ...figure.key.map((entry) => make('span', {class: 'named'}, make('span', {class: 'key', style: `background:${keyColor(theme, entry)}`, 'aria-hidden': 'true'}), entry.name)));
}

/// On the page.  `controls` stand between title and picture.
export function frame(figure: Figure, width: number, theme: Theme, what: Child, ...controls: Child[]): HTMLElement {
  const picture = figure.draw(width, theme, document);
  picture.setAttribute('role', 'img');
  picture.setAttribute('aria-label', `${figure.title}. ${figure.caption}`);
  const button = (label: string, act: () => void) =>
    make('button', {type: 'button', onclick: act, 'aria-label': `save "${figure.title}" as ${label}`}, label);
  return make('figure', {id: `figure-${figure.id}`, class: 'figure'},
    make('figcaption', null, make('h3', null, figure.title, ' ', what), make('p', {class: 'hint'}, figure.caption)),
    controls.length ? make('div', {class: 'controls'}, ...controls) : null, keyOf(figure, theme), make('div', {class: 'scroll'}, picture),
    make('div', {class: 'saves'}, button('SVG', () => save(`${figure.id}.svg`, 'image/svg+xml', markupOf(figure, picture, theme).text)),
      button('PNG', () => savePng(figure, picture, theme)), button('CSV', () => save(`${figure.id}.csv`, 'text/csv', csvOf(figure.rows())))));
}
