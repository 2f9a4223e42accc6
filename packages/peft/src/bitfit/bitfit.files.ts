import type { TrainableTensor } from '@attune/plan';
import { takeTensors, tensorsFile } from '../adapter-tensors.ts';
import type { FileTensors } from '../kind.ts';

/** The trained biases by the model's own names: the file that BitFit leaves. */
export const bitFitFile = 'bitfit.safetensors';

/** The file of trained biases. */
export function bitFitFiles(
  tensors: readonly TrainableTensor[],
  values: ReadonlyMap<string, Float32Array>,
): Map<string, Uint8Array> {
  const file = tensors.map(({ name, shape }) => ({ name, shape, data: values.get(name)! }));
  return new Map([[bitFitFile, tensorsFile(file)]]);
}

/** The values of the biases: each must be there, and nothing else. @throws AttuneError those of `takeTensors` */
export const readBitFit = (
  tensors: readonly TrainableTensor[],
  file: FileTensors,
): Map<string, Float32Array> => takeTensors(tensors, file, { file: bitFitFile });
