import { uniformInteger } from './philox.ts';

/** Gives a random one of the next `size` items, again and again: stream `stream` of `seed`. */
export async function* shuffleThrough<E>(
  items: AsyncIterable<E>,
  size: number,
  seed: number,
  stream: number,
): AsyncGenerator<E> {
  const buffer: E[] = [];
  let drawn = 0;
  const draw = (): E => {
    const at = uniformInteger(seed, stream, drawn++, buffer.length);
    const item = buffer[at]!;
    buffer[at] = buffer[buffer.length - 1]!;
    buffer.pop();
    return item;
  };
  for await (const item of items) {
    buffer.push(item);
    if (buffer.length >= size) yield draw();
  }
  while (buffer.length > 0) yield draw();
}
