// Numbers, colours, elements and the two plots of the page.  Nothing here knows the page's sections.
'use strict';

// ---- elements: text always goes in as text, never as markup

function make(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function draw(tag, attributes, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// ---- numbers: three significant digits, an estimate with the decimals that its interval supports

// Control characters and separators of lines have no look of their own.
const visibleText = (text) => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/g, '·');

const isNumber = (x) => typeof x === 'number' && isFinite(x);

function decimalsFor(x, digits) {
  return Math.min(7, Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(x)))));
}

const minus = (text) => (/^-0(\.0*)?$/.test(text) ? text.slice(1) : text.replace('-', '−'));

function format(x) {
  if (!isNumber(x)) return 'undefined';
  if (x === 0) return '0';
  const size = Math.abs(x);
  return size < 1e-4 || size >= 1e6 ? minus(x.toExponential(1)) : minus(x.toFixed(decimalsFor(x, 3)));
}

function sharedDecimals(x, [low, high]) {
  if (!isNumber(x) || !isNumber(low) || !isNumber(high)) return -1;
  const half = (high - low) / 2, largest = Math.max(Math.abs(x), Math.abs(low), Math.abs(high));
  if (largest < 1e-4 || largest >= 1e6) return -1;
  const n = Math.min(x === 0 ? 7 : decimalsFor(x, 3), half > 0 ? decimalsFor(half, 2) : 7);
  return n > 6 ? decimalsFor(largest, 3) : n;
}

function formatEstimate(x, interval) {
  const n = sharedDecimals(x, interval);
  return n < 0 ? format(x) : minus(x.toFixed(n));
}

function formatInterval(x, interval) {
  if (!interval.every(isNumber)) return '';
  const n = sharedDecimals(x, interval);
  return '[' + interval.map((bound) => (n < 0 ? format(bound) : minus(bound.toFixed(n)))).join(', ') + ']';
}

const formatCount = (x) => (isNumber(x) ? (x >= 1e6 ? format(x) : String(Math.round(x))) : 'undefined');
const formatShare = (x) => (isNumber(x) ? Math.round(100 * x) + ' %' : 'undefined');
const formatP = (p) => (!isNumber(p) ? 'undefined' : p < 0.001 ? '< 0.001' : p.toFixed(p < 0.01 ? 4 : p < 0.1 ? 3 : 2));

// ---- colours: red for, blue against; zero is white, on a dark page the page's own grey

const ramps = {
  light: {zero: [[247, 247, 247]], plus: [[253, 219, 199], [244, 165, 130], [214, 96, 77], [178, 24, 43]],
          less: [[209, 229, 240], [146, 197, 222], [67, 147, 195], [33, 102, 172]]},
  dark: {zero: [[40, 43, 50]], plus: [[88, 45, 44], [150, 56, 52], [214, 90, 74], [255, 158, 134]],
         less: [[38, 66, 94], [42, 100, 152], [76, 148, 210], [146, 205, 255]]},
};
const darkPage = matchMedia('(prefers-color-scheme: dark)');
let printing = false;

// Colour of x in [−1, 1] and the ink that can be read on it.
function colorOf(x) {
  const {zero, plus, less} = ramps[darkPage.matches && !printing ? 'dark' : 'light'];
  const ramp = zero.concat(x > 0 ? plus : less), place = Math.min(1, Math.abs(x)) * (ramp.length - 1);
  const low = Math.min(ramp.length - 2, Math.floor(place)), share = place - low;
  const rgb = ramp[low].map((a, i) => Math.round(a + share * (ramp[low + 1][i] - a)));
  const light = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
  return {ground: `rgb(${rgb.join(',')})`, ink: light > 122 ? '#111' : '#fff'};
}

const seriesColor = (k) => `var(--s${k % 6})`;

// Circle, square, diamond, triangle: series differ in shape as well as in colour.
function marker(k, x, y, r, hollow) {
  const look = {fill: hollow ? 'var(--surface)' : seriesColor(k), stroke: seriesColor(k), 'stroke-width': 1.5};
  if (k % 4 === 0) return draw('circle', {cx: x, cy: y, r, ...look});
  if (k % 4 === 1) return draw('rect', {x: x - r * 0.9, y: y - r * 0.9, width: r * 1.8, height: r * 1.8, ...look});
  const d = k % 4 === 2 ? [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]] : [[0, -1.2], [1.15, 0.9], [-1.15, 0.9]];
  return draw('polygon', {points: d.map(([a, b]) => `${x + a * r},${y + b * r}`).join(' '), ...look});
}

// ---- axes

// Round numbers from low to high, about `wanted` of them.
function ticks(low, high, wanted) {
  const raw = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= raw * 0.999);
  const list = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) list.push(+(i * step).toPrecision(12));
  return list;
}

// Maps values to pixels; a log scale has a floor below which all lies at the left edge.
function axis(low, high, left, right, log, wanted) {
  const f = log ? (x) => Math.log10(Math.max(x, low)) : (x) => Math.max(x, low);
  const a = f(low), b = f(high);
  const at = (x) => left + ((Math.min(f(x), b) - a) / (b - a)) * (right - left);
  let list = ticks(low, high, wanted);
  if (log) {
    list = [];
    for (let e = Math.floor(a); e <= Math.ceil(b); e++)
      for (const m of b - a > 3.5 ? [1] : b - a > 1.8 || wanted < 5 ? [1, 3] : [1, 2, 5]) if (m * 10 ** e >= low * 0.999 && m * 10 ** e <= high * 1.001) list.push(m * 10 ** e);
  }
  return {at, ticks: list, low, high, log};
}

function drawAxis(scale, y, height, title) {
  const g = draw('g', {});
  const shown = (x) => minus(String(+x.toPrecision(3)));
  for (const x of scale.ticks) {
    const px = scale.at(x);
    g.append(draw('line', {x1: px, x2: px, y1: y, y2: y + height, stroke: 'var(--faint)'}),
             draw('text', {x: px, y: y - 6, 'text-anchor': 'middle', class: 'soft'}, shown(x)));
  }
  const middle = (scale.at(scale.low) + scale.at(scale.high)) / 2;
  g.append(draw('text', {x: middle, y: y - 22, 'text-anchor': 'middle', class: 'soft'}, title));
  return g;
}

// Cuts a label to what `pixels` hold, roughly: 12 px letters are about 6.3 px wide.
function clip(text, pixels) {
  const letters = Array.from(text), n = Math.max(3, Math.floor(pixels / 6.6));
  return letters.length <= n ? text : letters.slice(0, n - 1).join('') + '…';
}

// ---- dot plot: one row a text, one mark a series

// rows: [{label, detail, points: [{series, x, interval, hollow}]}]; pick(row index) is called on a click.
// Returns the axis and the rows.
function dotPlot(rows, width, selected, pick) {
  const values = rows.flatMap((row) => row.points.flatMap((p) => [p.x, ...p.interval])).filter(isNumber);
  const centres = rows.flatMap((row) => row.points.map((p) => p.x)).filter((x) => isNumber(x) && x > 0);
  const high = Math.max(1.2, ...values) * 1.05, least = Math.min(...centres, 1);
  const log = centres.length > 1 && high / least > 25;
  const longest = Math.max(4, ...rows.map((row) => Array.from(row.label).length));
  const label = Math.min(longest * 7 + 8, width * 0.3), right = width - 14, top = 44;
  const series = Math.max(1, new Set(rows.flatMap((row) => row.points.map((p) => p.series))).size);
  const step = Math.max(20, 7 + 8 * series), height = rows.length * step + 6;
  const low = log ? Math.max(least / 1.8, high / 3000) : Math.min(0, ...values);
  const scale = axis(low, high, label + 16, right, log, width < 500 ? 4 : 8);
  // The axis stays in sight while the rows are scrolled: it is a picture of its own.
  const head = draw('svg', {width, height: top, viewBox: `0 0 ${width} ${top}`, class: 'head', 'aria-hidden': 'true'},
    drawAxis(scale, top, 0, width < 500 ? 'SNR' + (log ? ' (log)' : '') : 'SNR: signal variance / noise variance' + (log ? ', log scale' : '')));
  // A logarithm has no place for what is not above zero: it stands at the left edge, with what is next to nothing.
  if (log && values.some((x) => x <= low))
    head.append(draw('text', {x: scale.at(low), y: top - 6, 'text-anchor': 'middle', class: 'soft'},
      centres.some((x) => x <= low) ? '≤ ' + +low.toPrecision(1) : '≤ 0'));
  const svg = draw('svg', {width, height, viewBox: `0 0 ${width} ${height}`, tabindex: 0, role: 'img',
    'aria-label': `SNR of ${rows.length} texts with intervals; arrow up and down choose a text`});
  for (const x of scale.ticks)
    svg.append(draw('line', {x1: scale.at(x), x2: scale.at(x), y1: 0, y2: height - 6, stroke: 'var(--faint)'}));
  if (scale.low < 1)
    svg.append(draw('line', {x1: scale.at(1), x2: scale.at(1), y1: 0, y2: height - 6, stroke: 'var(--soft)', 'stroke-dasharray': '4 3'}));
  rows.forEach((row, i) => {
    const y = i * step, g = draw('g', {class: 'row', onclick: () => pick(i), style: 'cursor:pointer'});
    g.append(draw('rect', {x: 0, y, width, height: step, fill: i === selected ? 'var(--faint)' : 'transparent',
                           'fill-opacity': i === selected ? 0.8 : 0}),
             draw('title', {}, row.detail),
             draw('text', {x: 4, y: y + step / 2 + 4, 'font-weight': i === selected ? 700 : 400}, clip(row.label, label)));
    row.points.forEach((p, k) => {
      const py = y + (step * (k + 1)) / (row.points.length + 1);
      if (!isNumber(p.x)) {
        g.append(draw('text', {x: label + 18, y: py + 4, class: 'soft'}, 'undefined'));
        return;
      }
      if (p.interval.every(isNumber)) {
        const a = scale.at(p.interval[0]), b = scale.at(p.interval[1]);
        g.append(draw('line', {x1: a, x2: b, y1: py, y2: py, stroke: seriesColor(p.series), 'stroke-width': 2, 'stroke-opacity': 0.55}));
      }
      g.append(marker(p.series, scale.at(p.x), py, 4, p.hollow));
    });
    svg.append(g);
  });
  return [head, svg];
}

// ---- box plots: one row a word, one box a series

function drawBox(stats, series, scale, y, thick) {
  const g = draw('g', {}), color = seriesColor(series);
  const line = (a, b, extra) => draw('line', {x1: scale.at(a), x2: scale.at(b), y1: y, y2: y, stroke: color, ...extra});
  if (![stats.q25, stats.q75, stats.whisker_low, stats.whisker_high].every(isNumber)) {
    if (isNumber(stats.mean)) g.append(marker(series, scale.at(stats.mean), y, 3, true));
    return g;
  }
  g.append(line(stats.whisker_low, stats.q25), line(stats.q75, stats.whisker_high),
    draw('rect', {x: scale.at(stats.q25), y: y - thick / 2, width: Math.max(1, scale.at(stats.q75) - scale.at(stats.q25)),
                  height: thick, fill: color, 'fill-opacity': 0.25, stroke: color}),
    draw('line', {x1: scale.at(stats.median), x2: scale.at(stats.median), y1: y - thick / 2, y2: y + thick / 2, stroke: color, 'stroke-width': 2}));
  for (const x of [stats.min, stats.max])
    if (isNumber(x) && (x < stats.whisker_low || x > stats.whisker_high))
      g.append(draw('circle', {cx: scale.at(x), cy: y, r: 1.6, fill: 'none', stroke: color}));
  g.append(draw('circle', {cx: scale.at(stats.mean), cy: y, r: 2.2, fill: color}));
  return g;
}

// rows: [{label, boxes: [{series, stats}]}]
function boxPlot(rows, width, title) {
  const all = rows.flatMap((row) => row.boxes.flatMap(({stats}) => [stats.min, stats.max, stats.mean])).filter(isNumber);
  if (!all.length) return make('p', {class: 'hint'}, 'undefined: no scores.');
  const reach = Math.max(1e-12, ...all.map(Math.abs)) * 1.04;
  const label = Math.min(170, width * 0.28), top = 44, most = Math.max(...rows.map((row) => row.boxes.length));
  const step = 8 + 12 * most, height = top + rows.length * step + 6;
  const scale = axis(-reach, reach, label + 10, width - 12, false, width < 500 ? 4 : 8);
  const svg = draw('svg', {width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `Box plots of ${rows.length} words over models`});
  svg.append(drawAxis(scale, top, height - top - 6, title),
    draw('line', {x1: scale.at(0), x2: scale.at(0), y1: top, y2: height - 6, stroke: 'var(--soft)'}));
  rows.forEach((row, i) => {
    const y = top + i * step;
    svg.append(draw('text', {x: label, y: y + step / 2 + 4, 'text-anchor': 'end'}, clip(row.label, label - 4)));
    row.boxes.forEach(({series, stats}, k) => svg.append(drawBox(stats, series, scale, y + 10 + k * 12, 8)));
  });
  return svg;
}
