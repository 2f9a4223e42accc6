import type { DeviceChoice } from '@attune/gpu';
import type { OpenModel } from '@attune/model';
import { findModel, type LoadedModel, loadModel } from '@attune/trainer';
import type { Context, Values } from './command-line/command.ts';

/** The folder of the adapter that the values name, if they do. */
export const adapterOf = ({ adapterNameOrPath: path }: Values): string | undefined =>
  path === undefined ? undefined : String(path);

/** The model that the values name, opened. */
export async function openNamed(
  values: Values,
  { terminal }: Pick<Context, 'terminal'>,
): Promise<OpenModel> {
  const model = await findModel(String(values.modelNameOrPath), {
    revision: String(values.modelRevision),
    progress: (line) => terminal.progress(line),
  });
  terminal.settle();
  return model;
}

/** The model and the adapter that the values name, loaded. `model` stands in place of the one that is named. */
export async function loadNamed(
  values: Values,
  { terminal }: Pick<Context, 'terminal'>,
  { model, batchSize = 8 }: { readonly model?: OpenModel; readonly batchSize?: number } = {},
): Promise<LoadedModel> {
  const loaded = await loadModel(model ?? String(values.modelNameOrPath), {
    adapter: adapterOf(values),
    revision: String(values.modelRevision),
    batchSize,
    ...(values.device !== undefined && { device: values.device as DeviceChoice }),
    log: (line) => terminal.note(line),
    progress: (line) => terminal.progress(line),
  });
  terminal.settle();
  return loaded;
}
