/**
 * Seeded choices. Every story has its own generator made from (seed, index), so story number i is
 * the same whichever stories were made before it, on any machine.
 */
function mix(value) {
  let z = value | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

export class Random {
  constructor(seed, index = 0) {
    this.key = mix(mix(seed + 0x9e3779b9) ^ Math.imul(index + 1, 0x85ebca6b));
    this.counter = 0;
  }

  /** 32 random bits: a hash of the key and a counter. */
  next() {
    this.counter = (this.counter + 1) >>> 0;
    return mix(this.key ^ mix(Math.imul(this.counter, 0x9e3779b1)));
  }

  /** A number in [0, 1). */
  unit() {
    return this.next() / 4294967296;
  }

  /** An integer in [0, n). */
  below(n) {
    return Math.floor(this.unit() * n);
  }

  chance(probability) {
    return this.unit() < probability;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** An item for which `accept` holds; the list must have one. */
  pickWhere(list, accept) {
    return this.pick(list.filter(accept));
  }

  /** `count` different items, in random order. */
  some(list, count) {
    return this.shuffle(list).slice(0, count);
  }

  shuffle(list) {
    const out = list.slice();
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  }

  /** The key of a { key: weight } table. */
  weighted(table) {
    const entries = Object.entries(table);
    let left = this.unit() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    return entries[entries.length - 1][0];
  }
}
