import { AttuneError } from '@attune/gpu';
import { printable } from './printable.ts';

/** A half of a surrogate pair without its other half; with the flag u, whole pairs do not match. */
const loneSurrogate = /\p{Surrogate}/u;

/** How JSON writes one half of a pair. */
const escapedSurrogate = /\\u[dD][89a-fA-F]/;

/** Whether JSON text may hold a lone surrogate: bytes that are UTF-8 can only do so by an escape. */
export const mayBeIllFormed = (json: string): boolean => escapedSurrogate.test(json);

/**
 * Refuses text that is none: half of a surrogate pair, which becomes U+FFFD in bytes and would be
 * trained as that. `where` begins the message, such as `The column text`.
 *
 * @throws AttuneError `data-lone-surrogate`
 */
export function checkWellFormed(value: unknown, where: string): void {
  if (typeof value === 'string') {
    const at = value.search(loneSurrogate);
    if (at < 0) return;
    throw new AttuneError(
      'data-lone-surrogate',
      `${where} holds half of a surrogate pair, ${printable(value[at]!)}, which is no character: "${printable(value.slice(Math.max(0, at - 20), at + 20))}".`,
      'An emoji or a rare letter was cut in two when the text was made: write it whole, or remove what is left of it.',
    );
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    checkWellFormed(key, where);
    checkWellFormed(part, where);
  }
}
