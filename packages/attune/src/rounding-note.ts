import type { Rounding } from '@attune/model';

/** What storing weights in fewer bits cost, as a sentence behind others; nothing for float32. */
export function roundingNote(type: string, { relative }: Rounding): string {
  if (relative === 0) return '';
  const percent = (100 * relative).toPrecision(2);
  return ` Stored as ${type}, weights are ${percent} % (root mean square) from those in float32.`;
}
