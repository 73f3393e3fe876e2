// Numbers as text: three significant digits, an estimate with the decimals that its interval supports.

export const isNumber = (x: unknown): x is number => typeof x === 'number' && isFinite(x);
export type Interval = [number | null, number | null];

const decimalsFor = (x: number, digits: number): number => Math.min(7, Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(x)))));
export const minus = (text: string): string => (/^-0(\.0*)?$/.test(text) ? text.slice(1) : text.replace('-', '−'));

export function format(x: unknown): string {
  if (!isNumber(x)) return 'undefined';
  if (x === 0) return '0';
  const size = Math.abs(x);
  return size < 1e-4 || size >= 1e6 ? minus(x.toExponential(1)) : minus(x.toFixed(decimalsFor(x, 3)));
}

// −1: estimate and interval do not share a number of decimals.
function sharedDecimals(x: unknown, interval: Interval | null | undefined): number {
  const [low, high] = interval || [null, null];
  if (!isNumber(x) || !isNumber(low) || !isNumber(high)) return -1;
  const half = (high - low) / 2, largest = Math.max(Math.abs(x), Math.abs(low), Math.abs(high));
  if (largest < 1e-4 || largest >= 1e6) return -1;
  const n = Math.min(x === 0 ? 7 : decimalsFor(x, 3), half > 0 ? decimalsFor(half, 2) : 7);
  return n > 6 ? decimalsFor(largest, 3) : n;
}

export function formatEstimate(x: unknown, interval?: Interval | null): string {
  const n = sharedDecimals(x, interval);
  return n < 0 ? format(x) : minus((x as number).toFixed(n));
}

export function formatInterval(x: unknown, interval?: Interval | null): string {
  if (!interval || !interval.every(isNumber)) return '';
  const n = sharedDecimals(x, interval);
  return '[' + interval.map((bound) => (n < 0 ? format(bound) : minus((bound as number).toFixed(n)))).join(', ') + ']';
}

export const formatCount = (x: unknown): string => (isNumber(x) ? (x >= 1e6 ? format(x) : String(Math.round(x))) : 'undefined');
export const formatShare = (x: unknown): string => (isNumber(x) ? Math.round(100 * x) + ' %' : 'undefined');
export const formatP = (p: unknown): string => (!isNumber(p) ? 'undefined' : p < 0.001 ? '< 0.001' : p.toFixed(p < 0.01 ? 4 : p < 0.1 ? 3 : 2));
export const plural = (n: number, one: string, many = one + 's'): string => `${n} ${n === 1 ? one : many}`;
