import { AttuneError } from '@attune/gpu';

/** The code of the AttuneError that an attempt ends in, or 'no error'. Any other error passes through and fails. */
export async function faultOf(attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt();
  } catch (error) {
    if (!(error instanceof AttuneError)) throw error;
    if (error.message.length > 1000 || error.remedy === '') throw new Error('an unfit message');
    return error.code;
  }
  return 'no error';
}

/** Little-endian pieces of a binary file, one after another. */
export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function u32(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

export function u64(...values: (number | bigint)[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values, (v) => BigInt(v)).buffer);
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
