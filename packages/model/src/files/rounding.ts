import { AttuneError } from '@attune/gpu';
import { ggmlDecoder } from './dequantise.ts';

/** How far stored weights are from those that were to be stored: measured, tensor by tensor, as they are written. */
export class Rounding {
  #difference = 0;
  #length = 0;

  /**
   * Looks at a tensor as it is stored.
   * @throws AttuneError `number-too-large` where a finite number is stored as infinity
   */
  add(name: string, values: Float32Array, stored: Uint8Array, dtype: string): void {
    if (dtype === 'F32') return;
    const back = new Float32Array(values.length);
    ggmlDecoder(dtype)!.decode(stored, back);
    const lost = back.findIndex(
      (value, i) => !Number.isFinite(value) && Number.isFinite(values[i]),
    );
    if (lost >= 0) {
      throw new AttuneError(
        'number-too-large',
        `${name} has the number ${values[lost]}, which ${dtype} cannot hold.`,
        'Store the model as bfloat16 (BF16) or float32 (F32).',
      );
    }
    for (let i = 0; i < values.length; i++) {
      this.#difference += (values[i]! - back[i]!) ** 2;
      this.#length += values[i]! ** 2;
    }
  }

  /** √(Σ(w − stored)² / Σw²) over the weights that are stored in fewer bits than float32. */
  get relative(): number {
    return this.#length > 0 ? Math.sqrt(this.#difference / this.#length) : 0;
  }
}
