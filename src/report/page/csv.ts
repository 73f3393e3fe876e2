// Rows of cells as CSV (RFC 4180): an undefined number is an empty field.
import {isNumber} from './number';

export type Cell = string | number | null;

const quote = (cell: Cell): string => {
  const text = cell === null || (typeof cell === 'number' && !isNumber(cell)) ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
};
export const csvOf = (rows: Cell[][]): string => rows.map((row) => row.map(quote).join(',') + '\n').join('');
