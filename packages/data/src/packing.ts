import { AttuneError } from '@attune/gpu';
import type { Example } from './encode-example.ts';

export type PackingStrategy = 'bfd' | 'bfd_split' | 'wrapped';

/** TRL packs each batch of `dataset.map` by itself. */
export const packingBlock = 1000;

/**
 * Packs sequences into rows of at most `maxLength` tokens, 1000 sequences at a time, as TRL does.
 *
 * - `bfd`: best-fit decreasing; sequences stay whole, the overflow of long ones is lost;
 * - `bfd_split`: long sequences are first cut into pieces, so that no token is lost;
 * - `wrapped`: sequences are joined and cut every `maxLength` tokens, across their borders.
 *
 * Rows of the first two carry `segments`, the lengths of their documents, which do not see each other.
 *
 * @see Ding et al. 2024, Fewer Truncations Improve Language Modeling, https://arxiv.org/abs/2404.10830
 */
export async function* packExamples(
  examples: AsyncIterable<Example> | Iterable<Example>,
  maxLength: number,
  strategy: PackingStrategy,
  blockSize: number = packingBlock,
): AsyncGenerator<Example> {
  let block: Example[] = [];
  for await (const example of examples) {
    block.push(example);
    if (block.length < blockSize) continue;
    yield* packBlock(block, maxLength, strategy);
    block = [];
  }
  yield* packBlock(block, maxLength, strategy);
}

/** Packs one block of sequences. */
export function packBlock(
  examples: readonly Example[],
  maxLength: number,
  strategy: PackingStrategy,
): Example[] {
  if (!Number.isInteger(maxLength) || maxLength < 1) {
    throw new AttuneError(
      'packing-needs-length',
      `Packing needs max_length, a whole number of tokens from 1; it is ${String(maxLength)}.`,
      'Set max_length, for instance 1024, or packing: false.',
    );
  }
  switch (strategy) {
    case 'wrapped':
      return wrap(examples, maxLength);
    case 'bfd':
      return bestFit(
        examples.map((example) => cut(example, 0, maxLength)),
        maxLength,
      );
    case 'bfd_split':
      return bestFit(
        examples.flatMap((example) => pieces(example, maxLength)),
        maxLength,
      );
    default:
      throw new AttuneError(
        'bad-value',
        `The packing strategy ${JSON.stringify(strategy)} is not known.`,
        'Use bfd, bfd_split or wrapped.',
      );
  }
}

function cut(example: Example, start: number, end: number): Example {
  return { inputIds: example.inputIds.slice(start, end), labels: example.labels.slice(start, end) };
}

function pieces(example: Example, maxLength: number): Example[] {
  const out: Example[] = [];
  for (let start = 0; start < example.inputIds.length; start += maxLength) {
    out.push(cut(example, start, start + maxLength));
  }
  return out;
}

function join(examples: readonly Example[]): Example {
  const length = examples.reduce((sum, example) => sum + example.inputIds.length, 0);
  const joined = { inputIds: new Int32Array(length), labels: new Int32Array(length) };
  let at = 0;
  for (const { inputIds, labels } of examples) {
    joined.inputIds.set(inputIds, at);
    joined.labels.set(labels, at);
    at += inputIds.length;
  }
  return joined;
}

function wrap(examples: readonly Example[], maxLength: number): Example[] {
  return pieces(join(examples), maxLength);
}

interface Bin {
  members: Example[];
}

function bestFit(examples: readonly Example[], maxLength: number): Example[] {
  const filled = examples.filter(({ inputIds }) => inputIds.length > 0);
  // A stable sort: among equal lengths the earlier row goes first, as in TRL.
  const order = [...filled].sort((a, b) => b.inputIds.length - a.inputIds.length);
  const bins: Bin[] = [];
  const spaces = new SpaceTree(maxLength);
  const waiting: Bin[][] = Array.from({ length: maxLength + 1 }, () => []);
  for (const example of order) {
    const length = example.inputIds.length;
    const space = spaces.smallestFrom(length);
    // Of several bins with the same room the one that came to it first is taken.
    const bin = space === undefined ? { members: [] } : waiting[space]!.shift()!;
    if (space === undefined) bins.push(bin);
    else if (waiting[space]!.length === 0) spaces.remove(space);
    bin.members.push(example);
    const left = (space ?? maxLength) - length;
    if (left > 0) {
      waiting[left]!.push(bin);
      spaces.add(left);
    }
  }
  return bins.map(({ members }) => ({
    ...join(members),
    segments: members.map(({ inputIds }) => inputIds.length),
  }));
}

/** A set of whole numbers from 1, of which the smallest that suffices is found in log time. */
class SpaceTree {
  readonly #size: number;
  /** The largest member below each node of a complete binary tree; 0 for none. */
  readonly #largest: Int32Array;

  constructor(limit: number) {
    this.#size = 2 ** Math.ceil(Math.log2(limit + 1));
    this.#largest = new Int32Array(2 * this.#size);
  }

  add(value: number): void {
    this.#set(value, value);
  }

  remove(value: number): void {
    this.#set(value, 0);
  }

  smallestFrom(value: number): number | undefined {
    if (this.#largest[1]! < value) return undefined;
    let node = 1;
    while (node < this.#size) node = 2 * node + (this.#largest[2 * node]! >= value ? 0 : 1);
    return this.#largest[node]!;
  }

  #set(value: number, held: number): void {
    let node = this.#size + value;
    this.#largest[node] = held;
    for (node >>= 1; node >= 1; node >>= 1) {
      this.#largest[node] = Math.max(this.#largest[2 * node]!, this.#largest[2 * node + 1]!);
    }
  }
}
