// The report's page in a real browser: what it shows is what results.json says, it can be worked by mouse and keyboard, it asks
// nothing of the network, it is usable without eyes, and hostile texts stay texts.
//
//     node browser.mjs XSNR WORK [SHOTS]     XSNR: the program; WORK: an empty folder; SHOTS: where screenshots are kept
//
// XSNR_ONLY=WORDS runs only the tests whose names have these words.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';

const here = path.dirname(new URL(import.meta.url).pathname);
const require = createRequire(path.join(here, '../../src/report/page/package.json'));
const {chromium} = require('playwright-core');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const [, , xsnr, work, shots] = process.argv;

const run = (...args) => execFileSync(xsnr, args, {cwd: work, stdio: ['ignore', 'pipe', 'pipe']}).toString();
const browser = await chromium.launch({executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox']});
const asked = [], wrong = [];

async function open(file, options = {}) {
  const context = await browser.newContext({viewport: {width: 1280, height: 900}, acceptDownloads: true, ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(180000); // of a machine that has other work, too
  page.on('request', (request) => /^(file|data|blob):/.test(request.url()) || asked.push(request.url()));
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
  page.on('dialog', (dialog) => (wrong.push(`a dialog: ${dialog.message()}`), dialog.dismiss()));
  await page.goto('file://' + path.join(work, file));
  return page;
}
const drawAll = (page) => page.evaluate(() => document.querySelectorAll('.later').forEach((place) => place.dispatchEvent(new Event('draw'))));
const test = async (name, act) => {
  if (process.env.XSNR_ONLY && !name.includes(process.env.XSNR_ONLY)) return;
  await act();
  assert.deepEqual(wrong, [], name);
  console.log(`ok  ${name}`);
};

run('init', 'demo');
fs.writeFileSync(path.join(work, 'demo/study.yaml'), fs.readFileSync(path.join(work, 'demo/study.yaml'), 'utf8')
  .replace(/models: \d+/g, 'models: 8').replace(/count: \d+/, 'count: 60'));
run('run', 'demo/study.yaml', '-q');
const results = JSON.parse(fs.readFileSync(path.join(work, 'demo/results.json'), 'utf8'));
const page = await open('demo/report.html');

await test('numbers shown are those of results.json', async () => {
  const rows = await page.$$eval('#families tbody tr', (list) => list.map((row) => [...row.cells].map((cell) => cell.textContent)));
  const series = results.families.flatMap((family) => family.explainers.map((explainer) => ({family, explainer})));
  assert.equal(rows.length, series.length);
  const heads = await page.$$eval('#families thead th button:first-child', (list) => list.map((head) => head.textContent));
  const at = heads.indexOf('SNR, 95 % interval'), models = heads.indexOf('models');
  series.forEach(({family, explainer}, k) => {
    assert.equal(rows[k][0], family.name);
    assert.equal(rows[k][1], explainer.name);
    assert.equal(rows[k][models], `${family.models_equivalent}/${family.models_trained}`);
    const [estimate, low, high] = rows[k][at].replaceAll('−', '-').match(/-?[\d.]+(e-?\d+)?/g).map(Number);
    for (const [shown, said] of [[estimate, explainer.pooled.snr], [low, explainer.pooled.snr_ci[0]], [high, explainer.pooled.snr_ci[1]]])
      assert.ok(Math.abs(shown - said) <= 0.006 * Math.max(Math.abs(said), Math.abs(explainer.pooled.snr)), `${shown} for ${said}`);
    const {accuracy} = family, numbers = rows[k][heads.indexOf('accuracy')].match(/[\d.]+/g).map(Number);
    [accuracy.mean, accuracy.min, accuracy.max].forEach((said, i) => assert.ok(Math.abs(numbers[i] - said) < 0.0006, `accuracy ${numbers[i]} for ${said}`));
    for (const [head, said] of [['signal', explainer.pooled.signal], ['noise', explainer.pooled.noise], ['ICC', explainer.pooled.icc], ['models for 0.9', explainer.pooled.models_needed]])
      assert.ok(Math.abs(Number(rows[k][heads.indexOf(head)].replaceAll('−', '-')) - said) <= 0.06 * Math.abs(said), `${head}: ${rows[k][heads.indexOf(head)]} for ${said}`);
  });
  assert.equal(await page.locator('#verdicts .verdict').first().locator('p').textContent().then((text) => text.includes(series[0].explainer.pooled.verdict)), true);
});

await test('tables sort and search', async () => {
  const column = (k) => page.$$eval('#families tbody tr', (rows, i) => rows.map((row) => row.cells[i].textContent), k);
  const before = await column(0);
  await page.locator('#families th button').first().click();
  assert.deepEqual(await column(0), before.slice().sort((a, b) => a.localeCompare(b)));
  assert.equal(await page.locator('#families th').first().getAttribute('aria-sort'), 'ascending');
  await page.locator('summary', {hasText: 'The same as a table'}).click();
  const id = results.families[0].explainers[0].texts[7].id;
  await page.locator('#texts-table input[type=search]').fill(id);
  assert.ok((await page.$$eval('#texts-table tbody tr', (rows) => rows.map((row) => row.cells[0].textContent))).includes(id));
});

await test('a definition is one click away', async () => {
  await page.locator('button.what[aria-label^="what is signal-to-noise"]').first().click();
  assert.match(await page.locator('dialog').textContent(), /Mangard/);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('dialog').count(), 0);
});

await test('the arrow keys step through the models', async () => {
  await page.evaluate(() => document.activeElement.blur());
  const looks = new Set();
  for (let m = 0; m <= 8; m++) {
    assert.match(await page.locator('#model-is').textContent(), m ? new RegExp(`^model ${m} of 8`) : /mean/);
    looks.add(await page.$$eval('#panels .panel:first-child .w', (words) => words.map((word) => word.style.backgroundColor).join()));
    await page.keyboard.press('ArrowRight');
  }
  assert.ok(looks.size > 3, 'models look alike');
  for (let m = 0; m < 8; m++) await page.keyboard.press('ArrowLeft');
});

await test('single scores are those of the study', async () => {
  const text = results.families[0].explainers[0].texts[0];
  await page.locator('#pick').selectOption(text.id);
  const label = await page.locator('#panels .panel').first().locator('.w').first().getAttribute('aria-label');
  const shown = Number(label.replace(/^.*?: (−?[\d.e−]+).*$/, '$1').replaceAll('−', '-')), said = text.word[0].mean;
  assert.ok(Math.abs(shown - said) <= 0.006 * Math.abs(said) + 1e-12, `${label} for ${said}`);
});

await test('texts are chosen by keyboard, by pages, by their address', async () => {
  await page.locator('#order').selectOption('-1');
  await page.locator('#dots .rows').focus();
  const first = await page.locator('#pick').inputValue();
  await page.keyboard.press('End');
  const last = await page.locator('#pick').inputValue();
  assert.notEqual(first, last);
  assert.match(await page.locator('#dots').textContent(), /texts 41 to \d+ of \d+/);
  assert.match(page.url(), /#text=/);
});

await test('n-grams, sentences, differences and colours', async () => {
  const colours = () => page.$$eval('#panels .w', (words) => words.map((word) => word.style.backgroundColor).join());
  let before = await colours();
  for (const [control, value] of [['#view', '3'], ['#view', 'sentences'], ['#view', 'words'], ['#against', '1'], ['#palette', 'captum']]) {
    await page.locator(control).selectOption(value);
    const now = await colours();
    assert.notEqual(now, before, `${control} ${value}`);
    before = now;
  }
  await page.locator('#against').selectOption('-1');
  await page.locator('#palette').selectOption('red-blue');
});

await test('the first screen says what was studied and what came out', async () => {
  const lede = await page.locator('#lede').textContent();
  assert.equal(lede, '8 tfidf and 8 linguistic models, alike within a family but for the randomness of training, explain 60 texts word by word. ' +
    'What they agree on is signal; where they differ is the noise of training.');
  const heads = await page.$$eval('#families thead th button:first-child', (list) => list.map((head) => head.textContent));
  for (const head of ['models', 'accuracy', 'SNR, 95 % interval', 'ICC', 'models for 0.9']) assert.ok(heads.includes(head), head);
  const fresh = await open('demo/report.html'); // the verdicts and the table are on it
  for (const what of ['#verdicts .verdict:last-child', '#families tbody tr:last-child']) {
    const {y, height} = await fresh.locator(what).boundingBox();
    assert.ok(y + height < 900, `${what} is not on the first screen`);
  }
  await fresh.context().close();
});

await test('a word says how sure it is', async () => {
  const text = results.families[0].explainers[0].texts.find((t) => t.word.some((w) => w.ci[0] < 0 && w.ci[1] > 0) && t.word.some((w) => w.ci[0] > 0));
  await page.locator('#pick').selectOption(text.id);
  const words = page.locator('#panels .panel').first().locator('.w'), unsure = text.word.findIndex((w) => w.ci[0] < 0 && w.ci[1] > 0), sure = text.word.findIndex((w) => w.ci[0] > 0);
  assert.match(await words.nth(unsure).getAttribute('class'), /unsure/);
  assert.match(await words.nth(unsure).getAttribute('aria-label'), /interval covers zero/);
  assert.match(await words.nth(unsure).evaluate((span) => getComputedStyle(span).backgroundImage), /repeating-linear-gradient/);
  assert.doesNotMatch(await words.nth(sure).getAttribute('class'), /unsure/);
  // By mouse and by keyboard: its figures, and a box plot.
  await words.nth(sure).hover();
  const tip = page.locator('#tip');
  for (const name of ['mean', '95 % interval', 'SNR', 'same sign']) assert.match(await tip.textContent(), new RegExp(name));
  assert.ok((await tip.locator('svg rect').count()) && (await tip.locator('svg circle').count()) >= 8, 'no box plot');
  await page.mouse.move(0, 0);
  assert.equal(await tip.isHidden(), true);
  await words.first().focus();
  for (let k = 0; k < sure; k++) await page.keyboard.press('ArrowRight');
  assert.equal(await tip.isVisible(), true);
  const number = (label) => tip.locator('dt', {hasText: label}).evaluate((dt) => Number(dt.nextElementSibling.textContent.replaceAll('−', '-')));
  const told = (label) => tip.locator('dt', {hasText: label}).evaluate((dt) => dt.nextElementSibling.textContent.replaceAll('−', '-')), said = text.word[sure];
  const [low, high] = (await told(/interval/)).match(/-?[\d.]+(e-?\d+)?/g).map(Number), near = (shown, exact) => assert.ok(Math.abs(shown - exact) <= 0.006 * Math.abs(said.mean) + 1e-4, `${shown} for ${exact}`);
  near(await number(/^mean$/), said.mean);
  near(low, said.ci[0]);
  near(high, said.ci[1]);
  assert.ok(Math.abs((await number(/^SNR$/)) - said.snr) <= 0.006 * Math.abs(said.snr));
  assert.equal(await told(/same sign/), `${Math.round(100 * said.sign_stability)} %`);
  await page.keyboard.press('Escape');
});

await test('figures are saved as SVG, PNG and CSV', async () => {
  await drawAll(page);
  const figure = page.locator('#figure-snr');
  for (const [label, check] of [['SVG', (bytes) => /^<\?xml[^]*<svg[^]*xmlns="http:\/\/www.w3.org\/2000\/svg"[^]*<\/svg>\s*$/.test(bytes.toString())],
    ['PNG', (bytes) => bytes.subarray(1, 4).toString() === 'PNG' && bytes.length > 2000],
    ['CSV', (bytes) => bytes.toString().split('\n').length === results.families.flatMap((f) => f.explainers).length + 2]]) {
    const [download] = await Promise.all([page.waitForEvent('download'), figure.locator('button', {hasText: label}).click()]);
    assert.ok(check(fs.readFileSync(await download.path())), label);
  }
  for (const id of ['snr', 'snr-texts', 'orders', 'convergence', 'agreement', 'words', 'words-signal-noise', 'modes']) {
    assert.ok(await page.locator(`#figure-${id}`).count(), `no figure ${id}`);
    assert.ok((await page.locator(`#figure-${id} figcaption p`).first().textContent()).length > 40, `no caption of ${id}`);
    assert.equal(await page.locator(`#figure-${id}`).first().locator('.saves button').count(), 3, id);
  }
  // What one colour means stands beside the picture; agreement's cells are few elements, and the diagonal is 1.
  assert.deepEqual(await page.locator('#figure-words .legend .named').allTextContents(), ['tfidf', 'linguistic']);
  const [cells] = await Promise.all([page.waitForEvent('download'), page.locator('#figure-agreement button', {hasText: 'CSV'}).click()]);
  const pairs = fs.readFileSync(await cells.path(), 'utf8').trim().split('\n').slice(1).map((line) => line.split(',').map(Number));
  assert.equal(pairs.length, 64);
  assert.ok(pairs.every(([a, b, r]) => (a === b ? Math.abs(r - 1) < 1e-6 : r < 1 && Math.abs(r - pairs.find(([c, d]) => c === b && d === a)[2]) < 1e-9)));
  const strokes = await page.$$eval('#figure-agreement path', (list) => list.map((path) => path.getAttribute('d')).join('')), runs = [...strokes.matchAll(/M(\d+) (\d+)h(\d+)/g)];
  assert.equal(runs.reduce((sum, [, , , n]) => sum + Number(n), 0), 64, 'not every cell is drawn once');
});

await test('figures as files are those of the page', async () => {
  run('report', 'demo/study.yaml', '-q', '--figures', 'figures', '--text', results.families[0].explainers[0].texts[0].id);
  const files = fs.readdirSync(path.join(work, 'figures')), pictures = files.filter((name) => name.endsWith('.svg'));
  assert.ok(pictures.length > 10);
  assert.deepEqual(files.filter((name) => !/\.(svg|csv)$/.test(name)), [], 'something else is left there');
  const sheet = await open('demo/report.html');
  for (const name of pictures) {
    assert.ok(files.includes(name.replace(/svg$/, 'csv')), name);
    const fault = await sheet.evaluate((text) => {
      const parsed = new DOMParser().parseFromString(text, 'image/svg+xml'), root = parsed.documentElement;
      return parsed.querySelector('parsererror')?.textContent || (root.tagName !== 'svg' ? 'no svg' : parsed.querySelectorAll('path, circle, rect, text').length < 5 ? 'empty' : /NaN|undefined/.test(text) ? 'NaN' : '');
    }, fs.readFileSync(path.join(work, 'figures', name), 'utf8'));
    assert.equal(fault, '', name);
    assert.ok(fs.statSync(path.join(work, 'figures', name)).size < 250e3, `${name} is large`);
  }
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#figure-snr button', {hasText: 'CSV'}).click()]);
  assert.equal(fs.readFileSync(path.join(work, 'figures/snr.csv'), 'utf8'), fs.readFileSync(await download.path(), 'utf8'));
  await sheet.context().close();
});

await test('no serious fault for readers of screens', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const one = await open('demo/report.html', {colorScheme});
    await drawAll(one);
    await one.evaluate(axe);
    const {violations} = await one.evaluate(() => window.axe.run(document, {resultTypes: ['violations']}));
    const serious = violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' | ')}`);
    assert.deepEqual(serious, [], colorScheme);
    await one.context().close();
  }
});

await test('three sizes, dark and light, on paper', async () => {
  for (const width of [360, 820, 1280])
    for (const colorScheme of ['light', 'dark']) {
      const one = await open('demo/report.html', {viewport: {width, height: 900}, colorScheme});
      await drawAll(one);
      assert.ok((await one.evaluate(() => document.documentElement.scrollWidth)) <= width, `wider than ${width}`);
      if (shots) await one.screenshot({path: path.join(shots, `report-${width}-${colorScheme}.png`)});
      if (width === 1280 && colorScheme === 'light') assert.ok((await one.pdf()).length > 20000);
      await one.context().close();
    }
});

if (shots) {
  const one = await open('demo/report.html', {viewport: {width: 1200, height: 900}, colorScheme: 'light'});
  const {y, height} = await one.locator('#panels').boundingBox();
  await one.screenshot({path: path.join(shots, 'readme.png'), fullPage: true, clip: {x: 0, y: 0, width: 1200, height: y + height + 24}});
  await one.context().close();
}

// Texts of a picture that stand on each other, or reach beyond it, or on a key's mark.
const crowded = (sheet, picture) => sheet.evaluate((text) => {
  const place = document.createElement('div');
  place.innerHTML = text.slice(text.indexOf('<svg'));
  document.body.append(place);
  const svg = place.querySelector('svg'), frame = svg.getBoundingClientRect(), faults = [];
  const boxes = [...svg.querySelectorAll('text')].filter((t) => t.textContent).map((t) => ({text: t.textContent, box: t.getBoundingClientRect()})).filter(({box}) => box.width);
  for (const {text: name, box} of boxes) if (box.left < frame.left - 1 || box.right > frame.right + 2 || box.bottom > frame.bottom + 2) faults.push(`${name} is cut`);
  boxes.forEach((a, i) => boxes.slice(0, i).forEach((b) => {
    const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left), high = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
    if (wide > 2 && high > 5) faults.push(`${a.text} on ${b.text}`);
  }));
  place.remove();
  return faults.slice(0, 5);
}, picture);

await test('many families and explainers can be told apart', async () => {
  fs.cpSync(path.join(work, 'demo'), path.join(work, 'crowd'), {recursive: true, filter: (file) => !/\.(xsnr|html|json|csv)$/.test(file)});
  fs.writeFileSync(path.join(work, 'crowd/study.yaml'), 'study: many\ncorpus: {train: train.tsv, test: test.tsv, id: id, explain: {from: test, count: 8}}\nfamilies:\n' +
    ['tfidf', 'a-rather-long-name', 'bow'].map((name, k) => `  - {name: ${name}, type: linear, features: {kind: ${['tfidf', 'linguistic', 'bow'][k]}}, models: 6}\n`).join('') +
    'explainers: [contribution, occlusion, input_x_gradient, integrated_gradients, {name: shapley, pairs: 3}]\nfaithfulness: [mask]\nstatistics: [complexity, spans, information]\n');
  run('run', 'crowd/study.yaml', '-q');
  const said = JSON.parse(fs.readFileSync(path.join(work, 'crowd/results.json'), 'utf8')), one = await open('crowd/report.html');
  assert.deepEqual(await one.$$eval('#verdicts .verdict strong', (list) => list.map((name) => name.textContent)), said.families.map((f) => f.name));
  assert.match(await one.locator('#over-which').textContent(), /of 15 families and explainers those of contribution/);
  assert.equal(await one.locator('#figure-words .legend .named').count(), 3);
  const marks = await one.$$eval('#series-legend label svg', (list) => list.map((svg) => svg.innerHTML.replace(/fill="[^"]*"/g, '')));
  assert.equal(new Set(marks).size, 5, 'explainers look alike');
  await one.locator('#show').selectOption('family bow');
  assert.equal(await one.locator('#figure-words .legend .named').count(), 5);
  await drawAll(one);
  assert.ok((await one.evaluate(() => document.querySelector('#families .scroll').scrollWidth - document.querySelector('#families .scroll').clientWidth)) <= 1, 'the table of families is cut');
  run('report', 'crowd/study.yaml', '-q', '--figures', 'crowded', '--text', said.families[0].explainers[0].texts[0].id);
  for (const folder of ['crowded', ...(fs.existsSync(path.join(work, 'figures')) ? ['figures'] : [])])
    for (const name of fs.readdirSync(path.join(work, folder)).filter((file) => file.endsWith('.svg')))
      assert.deepEqual(await crowded(one, fs.readFileSync(path.join(work, folder, name), 'utf8')), [], name);
  // On paper the table stays a table: its rows are lines.
  await one.emulateMedia({media: 'print'});
  await one.setViewportSize({width: 760, height: 900});
  assert.ok((await one.locator('#families tbody tr').first().boundingBox()).height < 40, 'rows are blocks on paper');
  await one.context().close();
});

// A study whose texts three people marked, each in a way of their own: one cue word a text is what counts.
await test('people, trade-offs and the one table', async () => {
  const folder = path.join(work, 'people');
  run('init', 'people');
  const truth = fs.readFileSync(path.join(folder, 'truth.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  const marks = truth.flatMap((text) => ['ann', 'ben', 'cy'].flatMap((annotator, k) => ['opinion', 'report'].flatMap((of) => {
    const spans = text.words.filter((word, w) => word.truth === of && (w + k) % (4 - k)).map((word) => [word.start, word.end]);
    return spans.length ? [JSON.stringify({id: text.id, annotator, class: of, spans})] : [];
  })));
  fs.writeFileSync(path.join(folder, 'marks.jsonl'), marks.join('\n') + '\n');
  const phrases = truth.map(({id, words}) => JSON.stringify({id, spans: [[words[0].start, words[2].end], [words[4].start, words[5].end]]}));
  fs.writeFileSync(path.join(folder, 'phrases.jsonl'), phrases.join('\n') + '\n');
  fs.writeFileSync(path.join(folder, 'study.yaml'), 'study: marked by people\ncorpus: {train: train.tsv, test: test.tsv, text: text, label: label, id: id, rationales: marks.jsonl, phrases: phrases.jsonl, explain: {from: test, count: 12}}\n' +
    'families:\n  - {name: tfidf, type: linear, models: 8}\n  - {name: style, type: linear, features: {kind: linguistic}, models: 8}\n' +
    'explainers: [contribution, {name: shapley, pairs: 5}]\nfaithfulness: [mask]\nstatistics: [complexity, spans]\n');
  run('run', 'people/study.yaml', '-q');
  const said = JSON.parse(fs.readFileSync(path.join(folder, 'results.json'), 'utf8')), one = await open('people/report.html');
  assert.ok(said.families.some((family) => family.type === 'human'), 'no family of annotators');
  const families = await one.$$eval('#families tbody tr', (rows) => rows.map((row) => row.cells[0].textContent));
  assert.ok(families.includes('human'));
  assert.match(await one.locator('#lede').textContent(), /^8 tfidf and 8 style models.*people who marked/);
  // Of five families and explainers every family has a line, with its weakest and its strongest explainer.
  const lines = await one.$$eval('#verdicts .verdict', (list) => list.map((line) => line.textContent));
  for (const family of said.families) {
    const line = lines.find((text) => text.includes(`${family.name}: `)), known = family.explainers.filter((e) => e.pooled.snr !== null).sort((a, b) => a.pooled.snr - b.pooled.snr);
    assert.ok(line, `no line of ${family.name}`);
    if (known.length > 1) for (const e of [known[0], known[known.length - 1]]) assert.ok(line.includes(e.name), line);
  }
  // Phrases are coloured as one; a word of none is plain, and not called unsure.
  await one.locator('#view').selectOption('phrases');
  const first = await one.locator('#panels .panel').first().locator('.w').evaluateAll((list) => list.map((word) => ({ground: word.style.backgroundColor, label: word.getAttribute('aria-label'), unsure: word.classList.contains('unsure')})));
  for (const [a, b] of [[0, 1], [1, 2], [4, 5]]) assert.equal(first[a].ground, first[b].ground);
  for (const w of [0, 1, 2, 4, 5]) assert.doesNotMatch(first[w].label, /in no phrase/);
  for (const w of [3, 6, first.length - 1]) assert.deepEqual({...first[w], label: /in no phrase$|in no phrase, marked/.test(first[w].label)}, {ground: first[3].ground, label: true, unsure: false});
  assert.notEqual(first[0].ground, first[3].ground);
  await one.locator('#view').selectOption('words');
  // “show” leaves one explainer, then all; single ones are marked off in the key.
  const panelsNow = () => one.locator('#panels .panel').count(), panelsAll = await panelsNow();
  await one.locator('#show').selectOption('explainer shapley');
  assert.equal(await panelsNow(), 2);
  assert.match(await one.locator('#shown').textContent(), /^2 of 5/);
  await one.locator('#series-legend input').first().check();
  assert.equal(await panelsNow(), 3);
  assert.equal(await one.locator('#show').inputValue(), '');
  await one.locator('#show').selectOption('all');
  assert.equal(await panelsNow(), panelsAll);
  await drawAll(one);
  for (const id of ['snr-accuracy', 'snr-complexity', 'snr-plausibility', 'snr-faithfulness', 'explainer-noise']) {
    const figure = one.locator(`#figure-${id}`);
    assert.equal(await figure.count(), 1, `no figure ${id}`);
    assert.ok((await figure.locator('svg circle').count()) + (await figure.locator('svg rect').count()) >= 3, id);
    const [download] = await Promise.all([one.waitForEvent('download'), figure.locator('button', {hasText: 'CSV'}).click()]);
    const lines = fs.readFileSync(await download.path(), 'utf8').trim().split('\n').map((line) => line.split(','));
    if (id === 'snr-plausibility') { // the figure's numbers are those of results.json
      const series = said.families.flatMap((family) => family.explainers.filter((e) => e.pooled.plausibility).map((e) => [family.name, e]));
      assert.ok(series.length >= 2);
      for (const [name, e] of series) {
        const row = lines.find((line) => line[0] === name && line[1] === e.name && line[2] === 'word' && line[3] === 'first order');
        assert.ok(Math.abs(Number(row[4]) - e.pooled.plausibility.mean.auroc) < 1e-4 && Math.abs(Number(row[5]) - e.pooled.plausibility.models.auroc) < 1e-4, row.join());
      }
    }
  }
  // What the repeats of a method differ by is told apart from what training does.
  assert.match(await one.locator('#figure-explainer-noise').textContent(), /training|explainer/);
  // The table: every row of results.json, sorted by a heading.
  const rows = () => one.$$eval('#one-table tbody tr', (list) => list.map((row) => [...row.cells].map((cell) => cell.textContent)));
  const heads = await one.$$eval('#one-table thead th button:first-child', (list) => list.map((head) => head.textContent)), snr = heads.indexOf('SNR, 95 % interval');
  assert.ok(heads.includes('AUROC, mean') && heads.includes('effective words, mean') && heads.includes('accuracy') && heads.includes('compr., mean'), heads.join());
  assert.match(await one.locator('#one-table output').textContent(), new RegExp(`of ${said.table.length}$`));
  await one.locator('#one-table thead th').nth(snr).locator('button').first().click();
  const number = (cell) => Number((cell.match(/−?[\d.]+(e−?\d+)?/) || ['NaN'])[0].replaceAll('−', '-')), shown = (await rows()).map((row) => number(row[snr]));
  const most = Math.max(...said.table.map((row) => row.snr ?? -Infinity));
  assert.ok(Math.abs(shown[0] - most) <= 0.006 * most, `${shown[0]} for ${most}`);
  assert.ok(shown.every((x, i) => i === 0 || !(x > shown[i - 1])), 'not sorted');
  await one.locator('#one-table input[type=search]').fill('sentence');
  assert.ok((await rows()).length && (await rows()).every((row) => row.includes('sentence')));
  const [download] = await Promise.all([one.waitForEvent('download'), one.locator('#one-table .saves button').click()]);
  assert.equal(fs.readFileSync(await download.path(), 'utf8').trim().split('\n').length, said.table.length + 1);
  // Words that people marked are marked, and said.
  const text = said.families[0].explainers[0].texts.find((t) => t.word.some((word) => word.marked > 0));
  await one.locator('#pick').selectOption(text.id);
  const w = text.word.findIndex((word) => word.marked > 0), word = one.locator('#panels .panel').first().locator('.w').nth(w);
  assert.ok(await word.evaluate((span) => span.classList.contains('marked')));
  assert.match(await word.getAttribute('aria-label'), new RegExp(`marked by ${Math.round(100 * text.word[w].marked)} % of the annotators`));
  assert.match(await one.locator('#made').textContent(), /xsnr run people\/study\.yaml.*SHA-256.*[0-9a-f]{64}.*seed/s);
  await one.evaluate(axe);
  const {violations} = await one.evaluate(() => window.axe.run(document, {resultTypes: ['violations']}));
  assert.deepEqual(violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 160)}`), []);
  if (shots) {
    await one.screenshot({path: path.join(shots, 'people.png'), fullPage: true});
    await one.pdf({path: path.join(shots, 'people.pdf'), format: 'A4', printBackground: true});
  }
  await one.context().close();
});

// Imported explanations: `texts` of 8 to 16 words by `models`, and two methods.
function synthetic(name, texts, models) {
  let seed = 1;
  const draw = () => (seed = (seed * 48271) % 2147483647) / 2147483647, out = fs.openSync(path.join(work, `${name}.jsonl`), 'w');
  const words = Array.from({length: texts}, () => Array.from({length: 8 + Math.floor(9 * draw())}, () => `w${Math.floor(400 * draw())}`));
  for (let m = 0; m < models; m++) {
    const lines = words.flatMap((tokens, t) => ['gradient', 'attention'].map((explainer, e) => JSON.stringify({model: `m${m}`, text_id: `t${t + 1}`, explainer, label: t % 2 ? 'yes' : 'no', tokens,
      attributions: tokens.map((word) => +(Number(word.slice(1)) / 400 - 0.5 + (1 + e) * (draw() - 0.5)).toFixed(4))})));
    fs.writeSync(out, lines.join('\n') + '\n');
  }
  fs.closeSync(out);
  run('import', `${name}.jsonl`, '-o', `${name}.xsnr`, '-q');
}
const analyzed = (name, ...more) => {
  const out = fs.openSync(path.join(work, `${name}.html`), 'w');
  execFileSync(xsnr, ['analyze', `${name}.xsnr`, '--statistics', 'none', '--format', 'html', ...more], {cwd: work, stdio: ['ignore', out, 'pipe']});
  fs.closeSync(out);
  return fs.statSync(path.join(work, `${name}.html`)).size;
};

await test('three thousand texts, and three', async () => {
  const TEXTS = 3000, SCRIPT = 600e3;
  synthetic('many', TEXTS, 30);
  const size = analyzed('many');
  assert.ok(size < 24e6 + SCRIPT, `${size} bytes`);
  const began = Date.now(), one = await open('many.html'), opened = Date.now() - began;
  const usage = async () => (await (await one.context().newCDPSession(one)).send('Runtime.getHeapUsage')).usedSize;
  const heap = await usage(), elements = await one.evaluate(() => document.querySelectorAll('*').length);
  console.log(`    ${TEXTS} texts, 30 models, 2 methods: ${(size / 1e6).toFixed(1)} MB, open in ${opened} ms, heap ${(heap / 1e6).toFixed(0)} MB, ${elements} elements`);
  assert.ok(opened < 15000 && heap < 150e6 && elements < 12000);
  assert.match(await one.locator('#dots').textContent(), new RegExp(`texts 1 to 40 of ${TEXTS}`));
  await one.locator('#dots .rows').focus();
  await one.keyboard.press('End');
  assert.match(await one.locator('#dots').textContent(), new RegExp(`texts 2961 to ${TEXTS} of ${TEXTS}`));
  await one.locator('#find').fill('t2718');
  assert.equal(await one.locator('#pick').inputValue(), 't2718');
  assert.ok((await one.locator('#panels .w').count()) >= 16); // its words are there, and single models'
  await one.evaluate(() => document.activeElement.blur());
  await one.keyboard.press('ArrowRight');
  assert.match(await one.locator('#panels .one').first().textContent(), /^Model 1: \d of its/);
  const turning = Date.now();
  for (let k = 0; k < 10; k++) await one.locator('#next').click();
  assert.ok(Date.now() - turning < 20000, 'turning texts is slow');
  await drawAll(one);
  console.log(`    ten texts on: ${Date.now() - turning} ms with all figures; heap then ${((await usage()) / 1e6).toFixed(0)} MB`);
  assert.ok((await usage()) < 400e6);
  await one.context().close();
  // Less room: single models, then words, go; the page says so and how to have more.
  assert.ok(analyzed('many', '--page-mb', '8') < 8e6 * 1.05 + SCRIPT);
  const less = await open('many.html'), notes = await less.locator('#folds').textContent();
  assert.match(notes, /the words of \d+ of 3000 texts are not in this page/);
  assert.match(notes, /single models’ scores are not in this page for \d+ of 3000 texts/);
  assert.match(notes, /--page-mb 32/);
  await less.locator('#find').fill('t2999');
  assert.match(await less.locator('#panels').textContent(), /The words of this text are not in the page/);
  await less.locator('#find').fill('t1 ');
  await less.context().close();
  synthetic('few', 3, 2);
  analyzed('few');
  const few = await open('few.html', {viewport: {width: 360, height: 800}});
  await drawAll(few);
  assert.equal(await few.locator('#pick option').count(), 3);
  assert.ok((await few.evaluate(() => document.documentElement.scrollWidth)) <= 360);
  await few.context().close();
});

await test('of a long text the strongest words are drawn', async () => {
  const words = Array.from({length: 400}, (_, w) => `w${w}`);
  fs.writeFileSync(path.join(work, 'long.jsonl'), [0, 1, 2, 3].map((m) => JSON.stringify({model: `m${m}`, text_id: 'long', tokens: words,
    attributions: words.map((_, w) => (w % 7 ? 0.01 : (w + 1) / 100) + 0.001 * ((w * (m + 3)) % 11))})).join('\n') + '\n');
  run('import', 'long.jsonl', '-o', 'long.xsnr', '-q');
  analyzed('long');
  const one = await open('long.html'), drawn = () => one.$$eval('#figure-words text', (list) => list.map((t) => t.textContent).filter((t) => /^w\d+$/.test(t)));
  const strongest = words.filter((_, w) => w % 7 === 0), shown = await drawn();
  assert.equal(shown.length, 80);
  assert.ok(strongest.slice(-20).every((word) => shown.includes(word)), 'a strong word is missing');
  assert.match(await one.locator('#figure-words figcaption').textContent(), /The 80 strongest of 400 words/);
  const [download] = await Promise.all([one.waitForEvent('download'), one.locator('#figure-words button', {hasText: 'CSV'}).click()]);
  assert.equal(fs.readFileSync(await download.path(), 'utf8').trim().split('\n').length, 401);
  await one.locator('#box-order').selectOption('all');
  assert.equal((await drawn()).length, 400);
  await one.locator('#box-order').selectOption('strength');
  assert.equal((await drawn())[0], 'w399');
  await one.context().close();
});

await test('hostile texts stay texts', async () => {
  const long = 'x'.repeat(10000), words = [`<script>alert("x")</script>`, `"quotes' & <b>bold</b>`, 'שלום עולם', '👩‍👩‍👧‍👦 é', long, '</script><img src=x onerror=alert(1)>'];
  const rows = [];
  for (let i = 0; i < 60; i++) rows.push(JSON.stringify({text: `${words[i % words.length]} ${i % 2 ? 'good fine' : 'bad poor'} word${i % 7}`, label: i % 2 ? 'a<b>' : 'c"d'}));
  for (const part of ['train', 'test']) fs.writeFileSync(path.join(work, `${part}.jsonl`), rows.join('\n') + '\n');
  fs.writeFileSync(path.join(work, 'hostile.yaml'), 'study: "</title><script>alert(1)</script>"\ncorpus: {train: train.jsonl, test: test.jsonl, text: text, label: label, explain: {from: test, count: 12}}\n' +
    'families:\n  - {name: one, type: linear, models: 4}\nexplainers: [contribution]\n');
  run('run', 'hostile.yaml', '-q');
  const one = await open('report.html', {viewport: {width: 360, height: 800}});
  await drawAll(one);
  assert.equal(await one.locator('h1').textContent(), '</title><script>alert(1)</script>');
  assert.equal(await one.locator('img, h1 script, td i, .w b').count(), 0);
  for (const id of await one.$$eval('#pick option', (options) => options.map((o) => o.value))) await one.locator('#pick').selectOption(id);
  assert.ok((await one.evaluate(() => document.documentElement.scrollWidth)) <= 360, 'a long word makes the page wider');
  await one.context().close();
});

assert.deepEqual(asked, [], 'the page asks the network');
console.log('ok  nothing was asked of the network');
await browser.close();
