/**
 * Makes the embedded model of a finished run: matrices in float16, the rest as it is.
 *
 *   node ship.mjs out ../model
 */
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesFromPath, encodeFloats, readSafetensors, writeSafetensors } from 'attune';

const [run, model] = process.argv.slice(2);
const weights = await readSafetensors(await bytesFromPath(join(run, 'model.safetensors')));
const tensors = [];
for (const name of weights.names()) {
  const { shape } = weights.info(name);
  const data = encodeFloats(await weights.float32(name), 'F16');
  tensors.push({ name, dtype: 'F16', shape: [...shape], data });
}
await writeFile(join(model, 'model.safetensors'), writeSafetensors(tensors, { format: 'pt' }));
const config = JSON.parse(await readFile(join(run, 'config.json'), 'utf8'));
await writeFile(join(model, 'config.json'), `${JSON.stringify({ ...config, dtype: 'float16' }, null, 2)}\n`);
for (const name of ['generation_config.json', 'tokenizer.json', 'tokenizer_config.json']) {
  await copyFile(join(run, name), join(model, name));
}
await copyFile(join(run, 'metrics.jsonl'), join(model, 'pretraining.jsonl'));
console.log(`${tensors.length} tensors in ${model}`);
