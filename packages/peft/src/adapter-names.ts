/** PEFT's two files. */
export const adapterConfigFile = 'adapter_config.json';
export const adapterWeightsFile = 'adapter_model.safetensors';

/** adapter_config.json with its keys in order, as PEFT writes it. */
export function configBytes(json: Readonly<Record<string, unknown>>): Uint8Array {
  const sorted = Object.fromEntries(Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1)));
  return new TextEncoder().encode(`${JSON.stringify(sorted, null, 2)}\n`);
}
