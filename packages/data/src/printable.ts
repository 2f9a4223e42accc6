// Control characters (a terminal obeys them), marks that turn the direction of writing, halves of pairs.
const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;

/**
 * What a message may show of a file's content: its beginning, with all that would steer a terminal
 * written as `\u001b`.
 */
export function printable(text: string, limit = 60): string {
  const beginning = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return beginning.replace(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A value of a row as a message may show it; whole numbers beyond 2^53 among them. */
export function printableValue(value: unknown, limit = 60): string {
  if (typeof value === 'number') return String(value);
  const json = JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part));
  return printable(json ?? String(value), limit);
}

/** Names of columns, as a message lists them. */
export function printableColumns(row: Record<string, unknown>): string {
  const names = Object.keys(row).map((name) => printable(name));
  const shown = names.slice(0, 20).join(', ');
  return names.length > 20 ? `${shown} and ${names.length - 20} more` : shown || '(none)';
}
