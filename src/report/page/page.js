// The page's sections: families, texts, words, making.  All state is in `state`; the chosen text is in the hash.
'use strict';

const data = JSON.parse(document.getElementById('data').textContent);
const byId = (id) => document.getElementById(id);

// One series a family and explainer; texts of all series by id, in the order of first sight.
const series = data.families.flatMap((family) => family.explainers.map((explainer) => ({family, explainer})));
series.forEach((s, k) => {
  s.index = k;
  s.name = series.some((o) => o !== s && o.explainer.name !== s.explainer.name) ? `${s.family.name}, ${s.explainer.name}` : s.family.name;
  s.byText = new Map(s.explainer.texts.map((text) => [text.id, text]));
});
const ids = [...new Set(series.flatMap((s) => s.explainer.texts.map((text) => text.id)))];
const anyText = (id) => series.map((s) => s.byText.get(id)).find(Boolean);
const modelCount = Math.max(0, ...data.families.map((family) => family.models_trained));

const state = {text: null, model: 0, hidden: new Set(), order: 'given', filter: ''};

// ---- texts and scores

const wordName = (text, w) => (text.word[w].text !== undefined ? visibleText(text.word[w].text) : `w${w + 1}`);

function gapBefore(text, w) {
  return w > 0 && (text.word[w].start === undefined || text.word[w].start > text.word[w - 1].end);
}

function snippet(text) {
  let s = '';
  for (let w = 0; w < text.word.length && s.length < 90; w++) s += (gapBefore(text, w) ? ' ' : '') + wordName(text, w);
  return s;
}

// The scores of a text, decoded once: Float32Array (models, words); null if the page does not hold them.
function scoresOf(text) {
  if (text.decoded === undefined) {
    text.decoded = null;
    if (text.scores) {
      const bytes = Uint8Array.from(atob(text.scores), (c) => c.charCodeAt(0));
      const view = new DataView(bytes.buffer);
      text.decoded = new Float32Array(bytes.length / 4);
      for (let i = 0; i < text.decoded.length; i++) text.decoded[i] = view.getFloat32(4 * i, true);
    }
  }
  return text.decoded;
}

// Model number `model` (1, 2, …) of a text: its scores, or null if it was dropped there.
function scoresOfModel(text, model) {
  const row = text.model.indexOf(model - 1), all = scoresOf(text), n = text.word.length;
  return row < 0 || !all ? null : all.subarray(row * n, (row + 1) * n);
}

const firm = (word) => word.ci.every(isNumber) && (word.ci[0] > 0 || word.ci[1] < 0 || (word.ci[0] === word.ci[1] && word.mean !== 0));
const limitOf = (texts) => Math.max(0, ...texts.flatMap((t) => t.word.map((w) => (isNumber(w.mean) ? Math.abs(w.mean) : 0))));

function correlation(a, b) {
  const n = a.length, ma = a.reduce((s, x) => s + x, 0) / n, mb = b.reduce((s, x) => s + x, 0) / n;
  let ab = 0, aa = 0, bb = 0;
  for (let i = 0; i < n; i++) ab += (a[i] - ma) * (b[i] - mb), aa += (a[i] - ma) ** 2, bb += (b[i] - mb) ** 2;
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : NaN;
}

// ---- tables that sort

// columns: [{title, left, value(row) to sort by, cell(row) → string or node}]
function sortableTable(columns, rows, caption) {
  const body = make('tbody', {}), heads = [];
  let by = -1, down = false;
  const fillBody = () => {
    const sorted = rows.slice();
    if (by >= 0)
      sorted.sort((a, b) => {
        const x = columns[by].value(a), y = columns[by].value(b);
        if (x === null || y === null) return (x === null) - (y === null); // undefined last, either way
        return (typeof x === 'string' ? x.localeCompare(y) : x - y) * (down ? -1 : 1);
      });
    body.replaceChildren(...sorted.map((row) => make('tr', {}, ...columns.map((c) =>
      make('td', {'data-label': c.title, class: c.left && 'left'}, c.cell(row))))));
  };
  columns.forEach((c, k) => heads.push(make('th', {scope: 'col', class: c.left && 'left'}, make('button', {type: 'button', onclick: () => {
    down = by === k ? !down : !c.left;
    by = k;
    heads.forEach((head, i) => (i === k ? head.setAttribute('aria-sort', down ? 'descending' : 'ascending') : head.removeAttribute('aria-sort')));
    fillBody();
  }}, c.title))));
  fillBody();
  return make('table', {'aria-label': caption}, make('thead', {}, make('tr', {}, ...heads)), body);
}

const numberOrNull = (x) => (isNumber(x) ? x : null);
const withRange = (x, range) => make('span', {}, x, range ? make('span', {class: 'range'}, ' ' + range) : '');

// ---- section 1: families

function showFamilies() {
  const names = data.families.map((f) => `${f.models_trained} ${f.name}`).join(' and ');
  const count = `${ids.length} text${ids.length === 1 ? '' : 's'}`;
  byId('lede').textContent = data.families.every((f) => f.type === 'array' || f.type === null)
    ? `The scores of ${modelCount} model${modelCount === 1 ? '' : 's'} for the words of ${count}: what the models agree on is signal, where they differ is noise.`
    : `${names} models, alike within a family but for the randomness of training, explain ${count} word by word. ` +
      'What they agree on is signal; where they differ is the noise of training.';

  byId('verdicts').replaceChildren(...series.map((s) => {
    const standing = s.explainer.pooled.standing;
    return make('div', {class: 'verdict'}, make('span', {class: 'badge ' + standing}, standing.replace('_', ' ')),
      make('p', {}, make('strong', {}, s.name), ': ' + s.explainer.pooled.verdict + '.'));
  }), ...data.comparisons.map((c) => make('div', {class: 'verdict'}, make('span', {class: 'badge undefined'}, 'compared'),
    make('p', {}, c.verdict[0].toUpperCase() + c.verdict.slice(1) + '.'))));

  const pooled = (s) => s.explainer.pooled, accuracy = (s) => s.family.accuracy;
  const columns = [
    {title: 'family', left: true, value: (s) => s.family.name, cell: (s) => s.family.name},
    {title: 'explainer', left: true, value: (s) => s.explainer.name, cell: (s) => s.explainer.name},
    {title: 'models', value: (s) => s.family.models_equivalent, cell: (s) => `${s.family.models_equivalent}/${s.family.models_trained}`},
    {title: 'accuracy', value: (s) => numberOrNull(accuracy(s) && accuracy(s).mean),
     cell: (s) => (accuracy(s) ? withRange(format(accuracy(s).mean), `${format(accuracy(s).min)}–${format(accuracy(s).max)}`) : '')},
    {title: 'signal', value: (s) => numberOrNull(pooled(s).signal), cell: (s) => format(pooled(s).signal)},
    {title: 'noise', value: (s) => numberOrNull(pooled(s).noise), cell: (s) => format(pooled(s).noise)},
    {title: 'SNR, 95 % interval', value: (s) => numberOrNull(pooled(s).snr),
     cell: (s) => withRange(make('strong', {}, formatEstimate(pooled(s).snr, pooled(s).snr_ci)), formatInterval(pooled(s).snr, pooled(s).snr_ci))},
    {title: 'ICC', value: (s) => numberOrNull(pooled(s).icc), cell: (s) => format(pooled(s).icc)},
    {title: `models for ${data.reliability}`, value: (s) => numberOrNull(pooled(s).models_needed), cell: (s) => formatCount(pooled(s).models_needed)},
  ].filter((c) => c.title !== 'accuracy' || series.some((s) => accuracy(s)));
  byId('families').replaceChildren(sortableTable(columns, series, 'families'));

  const notes = data.families.flatMap((f) => f.notes.map((n) => `${f.name}: ${n}`)
    .concat(f.explainers.flatMap((e) => e.notes.map((n) => `${f.name}, ${e.name}: ${n}`))));
  byId('notes').replaceChildren(...(notes.length ? [make('details', {},
    make('summary', {}, `${notes.length} note${notes.length === 1 ? '' : 's'}: models dropped, texts without signal`),
    make('ul', {}, ...notes.map((n) => make('li', {}, n))))] : []));
}

// ---- section 2: texts

function orderedIds() {
  if (state.order === 'given') return ids;
  const key = (id) => {
    const text = series[+state.order].byText.get(id);
    return text && isNumber(text.snr) ? text.snr : -Infinity;
  };
  return ids.slice().sort((a, b) => key(b) - key(a) || ids.indexOf(a) - ids.indexOf(b));
}

function showLegend() {
  byId('series-legend').replaceChildren(...series.map((s) => {
    const box = make('input', {type: 'checkbox', checked: !state.hidden.has(s.index), onchange: () => {
      state.hidden.has(s.index) ? state.hidden.delete(s.index) : state.hidden.add(s.index);
      showAll();
    }});
    return make('label', {}, series.length > 1 ? box : null, draw('svg', {width: 14, height: 14, 'aria-hidden': 'true'}, marker(s.index, 7, 7, 4.5)), s.name);
  }));
}

const visible = () => series.filter((s) => !state.hidden.has(s.index));

function showDots() {
  const list = orderedIds(), box = byId('dots');
  const rows = list.map((id) => {
    const text = anyText(id), points = visible().map((s) => s.byText.get(id) && {series: s.index, x: s.byText.get(id).snr,
      interval: s.byText.get(id).snr_ci, hollow: s.byText.get(id).no_signal}).filter(Boolean);
    const told = visible().filter((s) => s.byText.get(id)).map((s) => {
      const t = s.byText.get(id);
      return `${s.name}: SNR ${formatEstimate(t.snr, t.snr_ci)} ${formatInterval(t.snr, t.snr_ci)}${t.no_signal ? ', no signal found' : ''}`;
    });
    return {label: text.class ? `${id}  ${text.class}` : id, detail: [id, ...told, snippet(text)].join('\n'), points};
  });
  const held = document.activeElement && box.contains(document.activeElement), top = box.scrollTop;
  const [head, svg] = dotPlot(rows, Math.max(280, box.clientWidth - (rows.length > 20 ? 16 : 0)), list.indexOf(state.text), (i) => choose(list[i]));
  svg.addEventListener('keydown', (event) => {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key], to = list[list.indexOf(state.text) + step];
    if (step) event.preventDefault();
    if (step && to !== undefined) choose(to);
  });
  box.replaceChildren(head, svg);
  box.scrollTop = top;
  const row = svg.querySelectorAll('.row')[list.indexOf(state.text)], frame = box.getBoundingClientRect();
  if (row) { // into sight, without moving the page
    const at = row.getBoundingClientRect();
    if (at.top < frame.top || at.bottom > frame.bottom) box.scrollTop += at.top - frame.top - frame.height / 2;
  }
  if (held) svg.focus({preventScroll: true});
}

function showTextsTable() {
  const columns = [
    {title: 'text', left: true, value: (id) => id, cell: (id) => make('a', {href: '#text=' + encodeURIComponent(id)}, id)},
    {title: 'class', left: true, value: (id) => anyText(id).class || '', cell: (id) => anyText(id).class || ''},
    {title: 'words', value: (id) => anyText(id).words, cell: (id) => String(anyText(id).words)},
    ...series.map((s) => ({title: 'SNR ' + s.name, value: (id) => (s.byText.get(id) ? numberOrNull(s.byText.get(id).snr) : null),
      cell: (id) => {
        const t = s.byText.get(id);
        return t ? withRange(formatEstimate(t.snr, t.snr_ci), formatInterval(t.snr, t.snr_ci)) : '';
      }})),
  ];
  byId('texts-table').replaceChildren(sortableTable(columns, ids, 'SNR of every text'));
}

// ---- section 3: words of one text

function showPicker() {
  const wanted = state.filter.trim().toLowerCase();
  const found = ids.filter((id) => !wanted || `${id} ${anyText(id).class || ''} ${anyText(id).word.map((w) => w.text || '').join(' ')}`.toLowerCase().includes(wanted));
  byId('pick').replaceChildren(...(found.length ? found : [state.text]).map((id) => {
    const text = anyText(id);
    return make('option', {value: id}, [id, text.class, text.word[0] && text.word[0].text !== undefined ? clip(snippet(text), 320) : null].filter(Boolean).join(' · '));
  }));
  if (wanted && found.length && !found.includes(state.text)) choose(found[0]);
  byId('pick').value = state.text;
  byId('find').setCustomValidity(found.length ? '' : 'no text has that');
}

function showScale(limit) {
  const width = 264, cells = 41, svg = draw('svg', {width, height: 46, viewBox: `0 0 ${width} 46`, role: 'img',
    'aria-label': `colour scale from minus ${format(limit)}, blue, against the class, over zero to plus ${format(limit)}, red, for the class`});
  for (let i = 0; i < cells; i++)
    svg.append(draw('rect', {x: 2 + (i * 260) / cells, y: 16, width: 260 / cells + 0.5, height: 12, fill: colorOf((2 * i) / (cells - 1) - 1).ground}));
  const ends = limit > 0 ? [[2, 'start', '−' + format(limit)], [262, 'end', '+' + format(limit)]] : [];
  for (const [x, anchor, text] of [[132, 'middle', '0'], ...ends])
    svg.append(draw('text', {x, y: 43, 'text-anchor': anchor, class: 'soft'}, text));
  svg.append(draw('text', {x: 2, y: 11}, 'against the class'), draw('text', {x: 262, y: 11, 'text-anchor': 'end'}, 'for the class'));
  const what = `One scale for all panels; scores normalised: ${data.normalize || 'not known'}.`;
  const told = state.model ? what + ' Beyond the scale: full colour. A single model cannot tell how sure it is.' : what;
  byId('scale').replaceChildren(make('div', {class: 'controls keep'}, svg, state.model ? null : make('span', {class: 'heat'},
    sample('hatched', 'unsure'), ' the 95 % interval of the mean covers zero  ', sample('dotted', 'unknown'), ' there is no interval'), make('span', {}, told)));
}

function sample(name, look) {
  const word = make('span', {class: 'w ' + look}, name), color = colorOf(0.12);
  word.style.backgroundColor = color.ground;
  word.style.color = color.ink;
  return word;
}

function heatMap(s, text, limit) {
  const single = state.model ? scoresOfModel(text, state.model) : null;
  const heat = make('p', {class: 'heat', role: 'group', 'aria-label': `words of ${text.id}, ${s.name}; arrow keys move`});
  text.word.forEach((word, w) => {
    const score = single ? single[w] : word.mean, known = single || word.ci.every(isNumber), sure = single || firm(word);
    if (gapBefore(text, w)) heat.append(' ');
    const span = make('span', {class: 'w' + (known ? (sure ? '' : ' unsure') : ' unknown'), tabindex: w ? -1 : 0, 'aria-label':
      `${wordName(text, w)}: ${format(score)}${!known ? ', no interval' : sure ? '' : ', interval covers zero'}`}, wordName(text, w));
    const color = colorOf(limit > 0 && isNumber(score) ? (score / limit) * (sure ? 1 : 0.45) : 0);
    span.style.backgroundColor = color.ground;
    span.style.color = color.ink;
    for (const event of ['mouseenter', 'focus']) span.addEventListener(event, () => showTip(span, s, text, w, single));
    for (const event of ['mouseleave', 'blur']) span.addEventListener(event, hideTip);
    heat.append(span);
  });
  heat.addEventListener('keydown', (event) => {
    const words = [...heat.querySelectorAll('.w')], at = words.indexOf(document.activeElement);
    const to = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: words.length - 1}[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    if (!words[to]) return;
    words[at].tabIndex = -1;
    words[to].tabIndex = 0;
    words[to].focus();
  });
  return heat;
}

// What one training would have told: how near this model comes to the mean of all.
function tellModel(text) {
  const single = scoresOfModel(text, state.model);
  if (!single) return text.scores || !text.model.includes(state.model - 1)
    ? `Model ${state.model} is not among those compared here (not equivalent, or it predicts another class); the mean is shown.`
    : 'The scores of single models of this text are not in the page (too many).';
  const means = text.word.map((w) => w.mean), top = (values) => Array.from(values, (x, i) => [Math.abs(x), i])
    .sort((a, b) => b[0] - a[0]).slice(0, 5).map((pair) => pair[1]);
  const mine = top(single), theirs = new Set(top(means)), shared = mine.filter((i) => theirs.has(i)).length;
  return `Model ${state.model}: ${shared} of its ${mine.length} strongest words are among the mean’s ${theirs.size}; ` +
    `correlation with the mean ${format(correlation(Array.from(single), means))}.`;
}

function showPanels() {
  const shown = visible().filter((s) => s.byText.has(state.text));
  const limit = limitOf(shown.map((s) => s.byText.get(state.text)));
  showScale(limit);
  byId('panels').replaceChildren(...shown.map((s) => {
    const text = s.byText.get(state.text), snr = text.snr;
    const facts = [isNumber(snr) ? `SNR ${formatEstimate(snr, text.snr_ci)} ${formatInterval(snr, text.snr_ci)}${text.no_signal ? ', no signal found' : ''}`
      : `SNR undefined${text.models < 2 ? ': it needs two models' : ''}`, `${text.models} model${text.models === 1 ? '' : 's'}`];
    if (text.target) facts.push(`for class ${text.target}`);
    if (isNumber(text.pearson_pairs_mean)) facts.push(`two models correlate at r = ${format(text.pearson_pairs_mean)}`);
    return make('article', {class: 'panel'},
      make('h3', {}, draw('svg', {width: 14, height: 14, 'aria-hidden': 'true'}, marker(s.index, 7, 7, 4.5)), `${s.family.name}, ${s.explainer.name}`),
      make('p', {class: 'facts'}, facts.join(' · ')), heatMap(s, text, limit),
      state.model ? make('p', {class: 'one'}, tellModel(text)) : null);
  }));
  byId('model').max = modelCount;
  byId('model').value = state.model;
  byId('model-is').textContent = state.model ? `model ${state.model} of ${modelCount}, alone` : 'mean over all models';
}

function showBoxes() {
  const shown = visible().filter((s) => s.byText.has(state.text)), box = byId('boxes');
  const longest = shown.map((s) => s.byText.get(state.text)).sort((a, b) => b.word.length - a.word.length)[0];
  if (!longest) return box.replaceChildren();
  const strength = (w) => Math.max(...shown.map((s) => Math.abs((s.byText.get(state.text).word[w] || {}).mean || 0)));
  const order = longest.word.map((_, w) => w);
  if (byId('box-order').value === 'strength') order.sort((a, b) => strength(b) - strength(a));
  box.replaceChildren(boxPlot(order.map((w) => ({label: wordName(longest, w), boxes: shown.map((s) => ({series: s.index,
    stats: s.byText.get(state.text).word[w]})).filter(({stats}) => stats)})), Math.max(280, box.clientWidth),
  byId('boxes').clientWidth < 500 ? 'score' : `score of the word in one model (normalised: ${data.normalize || 'not known'}); right of 0: for the class`));
}

// ---- the tooltip

function showTip(span, s, text, w, single) {
  const word = text.word[w], tip = byId('tip');
  const lines = [['mean', formatEstimate(word.mean, word.ci)], ['95 % interval', formatInterval(word.mean, word.ci) || 'undefined'],
    ['SNR', format(word.snr)], ['same sign', formatShare(word.sign_stability)], ['p, adjusted', formatP(word.p_adjusted)]];
  if (single) lines.unshift([`model ${state.model}`, format(single[w])]);
  const all = scoresOf(text), n = text.word.length, values = all ? Array.from({length: all.length / n}, (_, m) => all[m * n + w]) : [];
  const reach = Math.max(1e-12, ...[word.min, word.max, word.mean, ...values].filter(isNumber).map(Math.abs)) * 1.06;
  const scale = axis(-reach, reach, 8, 262, false, 6), svg = draw('svg', {width: 270, height: 62, viewBox: '0 0 270 62'});
  svg.append(drawAxis(scale, 18, 42, ''), draw('line', {x1: scale.at(0), x2: scale.at(0), y1: 18, y2: 60, stroke: 'var(--soft)'}),
    drawBox(word, s.index, scale, 30, 12));
  values.forEach((x, m) => svg.append(draw('circle', {cx: scale.at(x), cy: 48 + ((m * 7) % 11) - 5, r: 1.7, fill: seriesColor(s.index), 'fill-opacity': 0.55})));
  if (single) svg.append(draw('line', {x1: scale.at(single[w]), x2: scale.at(single[w]), y1: 20, y2: 60, stroke: 'var(--ink)', 'stroke-width': 2}));
  tip.replaceChildren(make('b', {}, wordName(text, w)), ` ${s.name}`,
    make('dl', {}, ...lines.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)])), svg);
  tip.hidden = false;
  span.setAttribute('aria-describedby', 'tip');
  const box = span.getClientRects()[0], room = document.documentElement.clientWidth;
  tip.style.left = Math.max(6, Math.min(box.left, room - tip.offsetWidth - 6)) + scrollX + 'px';
  const below = box.bottom + 8 + tip.offsetHeight < innerHeight;
  tip.style.top = (below ? box.bottom + 8 : box.top - tip.offsetHeight - 8) + scrollY + 'px';
}

function hideTip() {
  byId('tip').hidden = true;
}

// ---- section 4: making

function showMade() {
  const rows = [['study', data.study], ['xsnr', data.xsnr], ['normalisation', data.normalize], ['equivalent models', data.equivalence],
    ['explained class', data.target], ...Object.entries(data.made).filter(([key]) => key !== 'xsnr')];
  const list = rows.filter(([, value]) => value).flatMap(([key, value]) => [make('dt', {}, key), make('dd', {}, value)]);
  for (const f of data.families.filter((family) => family.settings))
    list.push(make('dt', {}, f.name), make('dd', {}, f.type ? f.type + ' ' : '', make('details', {}, make('summary', {}, 'settings'),
      make('ul', {}, ...Object.entries(f.settings).map(([k, v]) => make('li', {}, make('code', {}, `${k}: ${typeof v === 'string' ? v : JSON.stringify(v)}`)))))));
  byId('made').replaceChildren(make('dl', {class: 'made'}, ...list));
}

// ---- together

function choose(id) {
  if (!ids.includes(id) || id === state.text) return;
  state.text = id;
  history.replaceState(null, '', '#text=' + encodeURIComponent(id));
  hideTip();
  showPicker();
  showDots();
  showPanels();
  showBoxes();
}

function chooseFromHash() {
  const found = location.hash.match(/^#text=(.*)$/);
  if (!found) return;
  try {
    choose(decodeURIComponent(found[1]));
  } catch (_) { /* not one of our links */ }
}

function step(models) {
  state.model = Math.max(0, Math.min(modelCount, state.model + models));
  hideTip();
  showPanels();
}

function showAll() {
  if (ids.length) showDots(), showPanels(), showBoxes();
}

function start() {
  document.title = data.study;
  showFamilies();
  showMade();
  showLegend();
  if (!ids.length) return;
  byId('order').replaceChildren(make('option', {value: 'given'}, 'order of the study'),
    ...series.map((s) => make('option', {value: s.index}, `SNR, ${s.name}`)));
  state.order = byId('order').value = '0';
  byId('order').addEventListener('change', (event) => (state.order = event.target.value, showDots()));
  byId('find').addEventListener('input', (event) => (state.filter = event.target.value, showPicker()));
  byId('pick').addEventListener('change', (event) => choose(event.target.value));
  byId('model').addEventListener('input', (event) => step(+event.target.value - state.model));
  byId('box-order').addEventListener('change', showBoxes);
  const turn = (by) => choose(orderedIds()[(orderedIds().indexOf(state.text) + by + ids.length) % ids.length]);
  byId('previous').addEventListener('click', () => turn(-1));
  byId('next').addEventListener('click', () => turn(1));
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape') hideTip();
    // Arrow keys step through the models wherever nothing else wants them.
    if (event.target === document.body && (event.key === 'ArrowRight' || event.key === 'ArrowLeft')) step(event.key === 'ArrowRight' ? 1 : -1);
  });
  addEventListener('hashchange', chooseFromHash);
  darkPage.addEventListener('change', showAll);
  addEventListener('beforeprint', () => (printing = true, showAll()));
  addEventListener('afterprint', () => (printing = false, showAll()));
  let width = innerWidth;
  addEventListener('resize', () => {
    if (innerWidth !== width) width = innerWidth, showAll();
  });
  showTextsTable();
  chooseFromHash();
  if (!state.text) state.text = orderedIds()[0], showPicker(), showAll();
}

start();
