// The results as the page has them: what is said of the study, of its texts, of their words, and single models' scores.
//
// The head is results.json without its texts.  Texts, words and scores stand in scripts of their own, compact: a word's
// statistics are base64 of little-endian float32 (words, STATS), scores of float32 or float16 (models, words).
import type {Paint} from './color';
import type {Interval} from './number';

type Maybe = number | null;

export interface Moment { signal: Maybe; noise: Maybe; snr: Maybe; snr_raw: Maybe; signal_raw: Maybe }
export interface Complexity { entropy: Maybe; effective_words: Maybe; gini: Maybe; words80: Maybe }
export interface Plausibility { token_f1: Maybe; iou_f1: Maybe; auprc: Maybe; average_precision: Maybe; auroc: Maybe }
export interface Spans { ngrams: Record<string, Moment>; sentences: Moment | null; phrases?: Moment | null }
export interface Information { gaussian: Maybe; pi1?: Maybe; pi2?: Maybe; kde?: Maybe }
export interface Source { effect: string[]; component: Maybe; share: Maybe; share_ci: Interval }
export interface Faith { explanations: number; aopc_comprehensiveness: Maybe; aopc_sufficiency: Maybe }
export interface Judged { own: Faith; mean: Faith; random: Faith }

export interface Pooled {
  signal: Maybe; noise: Maybe; snr: Maybe; snr_ci: Interval; snr_raw: Maybe; icc: Maybe; models_needed: Maybe;
  verdict: string; standing: string; explainer_noise?: Maybe; snr_training?: Maybe; texts_no_signal: number;
  order2?: Moment; order3?: Moment; order4?: Moment; bivariate_window5?: Moment; information?: Information; spans?: Spans;
  complexity?: {models: Complexity; mean: Complexity}; plausibility?: {models: Plausibility; mean: Plausibility};
  eigenvalue_share?: Maybe[]; modes?: {texts_by_number: number[]; share_between: Maybe; snr_within: Maybe};
  normalizations?: Record<string, Moment>; sources?: {levels: Record<string, number>; effects: Source[]; texts: number};
  types?: {share_type: Maybe; share_context: Maybe; share_model: Maybe};
}

export interface Text {
  id: string; class: string | null; target: string | null; models: number; words: number;
  signal: Maybe; noise: Maybe; snr: Maybe; snr_ci: Interval; icc: Maybe; models_needed: Maybe; no_signal: boolean;
  marked?: [number, number, number][]; // by people: from word, to before word, share of the annotators
  pearson_pairs_mean?: Maybe; order2?: Moment; modes?: {number: Maybe; of_model: number[]; sizes: number[]}; spans?: Spans; information?: Information;
  model: number[]; // numbers of the models that are compared, from 0
  stats?: string; scores?: string; bytes?: 2 | 4;
}

export interface Explainer { name: string; pooled: Pooled; notes: string[]; faithfulness?: {mask?: Judged; delete?: Judged} | null; texts: Text[] }
export interface Family {
  name: string; type: string | null; models_trained: number; models_equivalent: number; settings?: Record<string, unknown>;
  accuracy: {mean: Maybe; min: Maybe; max: Maybe; sd?: Maybe} | null; notes: string[]; explainers: Explainer[];
}
export interface Comparison { a: string; b: string; verdict: string }
export interface Study {
  xsnr: string; study: string; normalize: string; equivalence: string; target: string | null; reliability: number;
  families: Family[]; comparisons: Comparison[]; made: Record<string, string>; command?: string;
  table?: Row[];
  left_out: {of: number; page_mb: number; texts: number; words: number; scores: number}; written?: string;
}
/// A row of the one table: a family's explanations by one method, looked at in one way.
export interface Row {
  family: string; explainer: string; unit: string; analysis: string; texts: number; signal: Maybe; noise: Maybe; snr: Maybe; snr_ci: Interval; bits: Maybe;
  plausibility: Plausibility | null; plausibility_models: Plausibility | null; comprehensiveness: Maybe; sufficiency: Maybe;
  comprehensiveness_mean: Maybe; sufficiency_mean: Maybe; effective_words: Maybe; entropy: Maybe; gini: Maybe; words80: Maybe; effective_words_models: Maybe; accuracy: Maybe;
}

/// Words of a text, each with a blank before it where the text has a gap; positions at which sentences start; phrases that the data give.
export interface Words { words: string[]; sentences: number[]; phrases?: [number, number][] }

/// One series of every figure: a family and an explainer.
export interface Series { index: number; name: string; family: Family; explainer: Explainer; byText: Map<string, Text>; paint: Paint; mark: number }

/// A word: its statistics over models.  NaN: undefined.
export interface Word {
  text: string; gap: boolean; mean: number; sd: number; low: number; high: number; snr: number; sign: number; p: number;
  q25: number; median: number; q75: number; whiskerLow: number; whiskerHigh: number; min: number; max: number;
}
const STATS = ['mean', 'sd', 'low', 'high', 'snr', 'sign', 'p', 'q25', 'median', 'q75', 'whiskerLow', 'whiskerHigh', 'min', 'max'] as const;

function bytesOf(base64: string): DataView {
  const binary = atob(base64), bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return new DataView(bytes.buffer);
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

export function decode(base64: string, bytes: 2 | 4): Float32Array {
  const view = bytesOf(base64), out = new Float32Array(view.byteLength / bytes);
  for (let i = 0; i < out.length; i++) out[i] = bytes === 4 ? view.getFloat32(4 * i, true) : half(view.getUint16(2 * i, true));
  return out;
}

// Control characters and separators of lines have no look of their own.
export const visibleText = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/g, '·');

export class Results {
  readonly series: Series[] = [];
  readonly ids: string[];
  readonly models: number;
  private readonly decoded = new WeakMap<Text, Float32Array | null>();
  private readonly worded = new WeakMap<Text, Word[]>();

  constructor(readonly study: Study, private readonly words: Map<string, Words>) {
    for (const family of study.families) for (const explainer of family.explainers) for (const text of explainer.texts) text.model ||= [];
    for (const family of study.families)
      for (const explainer of family.explainers)
        this.series.push({index: this.series.length, name: '', family, explainer, byText: new Map(explainer.texts.map((text) => [text.id, text])), paint: {hue: 0, shade: 0}, mark: 0});
    const explainers = [...new Set(this.series.map((s) => s.explainer.name))], alone = study.families.length === 1;
    for (const s of this.series) {
      const family = study.families.indexOf(s.family), explainer = explainers.indexOf(s.explainer.name);
      s.paint = alone ? {hue: explainer, shade: 0} : {hue: family, shade: s.family.explainers.indexOf(s.explainer)};
      s.mark = explainers.length > 1 ? explainer : family;
    }
    for (const s of this.series)
      s.name = this.series.some((o) => o.explainer.name !== s.explainer.name) ? `${s.family.name}, ${s.explainer.name}` : s.family.name;
    this.ids = [...new Set(this.series.flatMap((s) => s.explainer.texts.map((text) => text.id)))];
    this.models = Math.max(0, ...study.families.map((family) => family.models_trained));
  }

  any(id: string): Text {
    return this.series.map((s) => s.byText.get(id)).find((text) => text !== undefined)!;
  }

  /// Words as they are shown; none if the page does not hold the text's.
  textWords(text: Text): {text: string; gap: boolean}[] {
    const known = this.words.get(text.id)?.words;
    if (!known && !text.stats) return [];
    if (!known) return Array.from({length: text.words}, (_, w) => ({text: `w${w + 1}`, gap: w > 0}));
    return known.map((word, w) => ({text: visibleText(word.startsWith(' ') ? word.slice(1) : word), gap: w > 0 && word.startsWith(' ')}));
  }

  get givesPhrases(): boolean {
    return [...this.words.values()].some((w) => w.phrases);
  }

  /// Words of its phrases, each [from, to).
  phrases(text: Text): [number, number][] {
    return this.words.get(text.id)?.phrases || [];
  }

  /// Where the text's sentences start.
  sentences(text: Text): number[] {
    return this.words.get(text.id)?.sentences || [0];
  }

  snippet(id: string): string {
    let out = '';
    for (const word of this.textWords(this.any(id))) {
      if (out.length >= 90) break;
      out += (word.gap ? ' ' : '') + word.text;
    }
    return out;
  }

  statistics(text: Text): Word[] {
    const known = this.worded.get(text);
    if (known) return known;
    const numbers = text.stats ? decode(text.stats, 4) : new Float32Array(0);
    const words = text.stats ? this.textWords(text).map((word, w) => {
      const out = {...word} as Word;
      STATS.forEach((key, k) => (out[key] = numbers[w * STATS.length + k]));
      return out;
    }) : [];
    this.worded.set(text, words);
    return words;
  }

  /// Scores (models, words), decoded once; null if the page does not hold them.
  scores(text: Text): Float32Array | null {
    let all = this.decoded.get(text);
    if (all === undefined) this.decoded.set(text, (all = text.scores ? decode(text.scores, text.bytes || 4) : null));
    return all;
  }

  /// Of model 1, 2, …; null if it was dropped there, or the page has no scores.
  scoresOf(text: Text, model: number): Float32Array | null {
    const row = text.model.indexOf(model - 1), all = this.scores(text);
    return row < 0 || !all ? null : all.subarray(row * text.words, (row + 1) * text.words);
  }
}

/// The page's own data.
export function readPage(parse: (name: string) => string[]): Results {
  const study = JSON.parse(parse('study')[0]) as Study;
  const blocks = parse('texts').map((block) => JSON.parse(block) as Text[]);
  let k = 0;
  for (const family of study.families) for (const explainer of family.explainers) explainer.texts = blocks[k++] || [];
  return new Results(study, new Map(Object.entries(JSON.parse(parse('words')[0] || '{}') as Record<string, Words>)));
}

export const firm = (word: Word): boolean => isFinite(word.low) && isFinite(word.high) && (word.low > 0 || word.high < 0 || (word.low === word.high && word.mean !== 0));
