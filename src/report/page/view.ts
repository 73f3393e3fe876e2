// What a panel colours: words, n-grams, sentences or phrases; means, one model, or the difference of two series.
import {firm, type Results, type Series, type Text} from './data';
import type {State, View} from './state';

// A word of no phrase has no value, and nothing to doubt.
export interface Shade { value: number; sure: boolean; known: boolean }

// Spans of word positions, each [from, to).
export function spansOf(view: View, words: number, sentences: number[], phrases: [number, number][]): [number, number][] {
  if (view === 'words') return Array.from({length: words}, (_, w) => [w, w + 1]);
  if (view === 'sentences') return sentences.map((from, i) => [from, sentences[i + 1] ?? words]);
  if (view === 'phrases') return phrases;
  const n = Math.min(Number(view), words);
  return Array.from({length: words - n + 1}, (_, w) => [w, w + n]);
}

// Student's t for 95 %, to 1 % (Cornish and Fisher's first terms).
function t95(df: number): number {
  const z = 1.959964;
  return df < 1 ? Infinity : z + (z ** 3 + z) / (4 * df) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * df * df);
}

interface Estimate { mean: number; error: number; df: number }

// Means over models of span sums, and their standard errors.
function estimates(r: Results, text: Text, spans: [number, number][], single: Float32Array | null): Estimate[] | null {
  const words = r.statistics(text);
  if (single) return spans.map(([from, to]) => ({mean: single.subarray(from, to).reduce((a, b) => a + b, 0), error: 0, df: 1e9}));
  if (spans.every(([from, to]) => to === from + 1)) return spans.map(([w]) => ({mean: words[w]?.mean ?? NaN, error: (words[w]?.sd ?? NaN) / Math.sqrt(text.models), df: text.models - 1}));
  const scores = r.scores(text), M = text.model.length;
  if (!scores) return null;
  return spans.map(([from, to]) => {
    let sum = 0, squares = 0;
    for (let m = 0; m < M; m++) {
      let one = 0;
      for (let w = from; w < to; w++) one += scores[m * text.words + w];
      sum += one;
      squares += one * one;
    }
    const mean = sum / M;
    return {mean, error: Math.sqrt(Math.max(0, squares / M - mean * mean) / Math.max(1, M - 1)), df: M - 1};
  });
}

/// A shade for every word; null: the page lacks the scores for it.  A word of several n-grams has the mean of theirs.
export function shades(state: State, s: Series, text: Text): Shade[] | null {
  const r = state.results, sentences = r.sentences(text), spans = spansOf(state.view, text.words, sentences, r.phrases(text));
  const single = state.model ? r.scoresOf(text, state.model) : null, words = r.statistics(text);
  const mine = estimates(r, text, spans, single), other = state.against && state.against !== s ? state.against.byText.get(text.id) : undefined;
  const theirs = other ? estimates(r, other, spans, state.model ? r.scoresOf(other, state.model) : null) : null;
  if (!mine || (other && !theirs)) return null;
  const plain = state.view === 'words' && !theirs && !single;
  const of = mine.map((e, i): Shade => {
    const value = e.mean - (theirs ? theirs[i].mean : 0), error = Math.hypot(e.error, theirs ? theirs[i].error : 0);
    const known = plain ? isFinite(words[i]?.low) : isFinite(error);
    const sure = plain ? known && firm(words[i]) : Math.abs(value) > t95(Math.min(e.df, theirs ? theirs[i].df : e.df)) * error;
    return {value, sure: single ? true : sure, known: single ? true : known};
  });
  return Array.from({length: text.words}, (_, w) => {
    const over = spans.flatMap(([from, to], i) => (w >= from && w < to ? [of[i]] : []));
    if (!over.length) return {value: NaN, sure: true, known: true};
    return {value: over.reduce((sum, o) => sum + o.value, 0) / over.length, sure: over.some((o) => o.sure), known: over.every((o) => o.known)};
  });
}
