import { downloadModel, folderFromFiles, type OpenModel, openModel } from '@attune/model';
import { openTinyModel } from '@attune/tiny';
import { Tokenizer } from '@attune/tokenizer';
import type { Event } from '../live/protocol';
import { opfsHubStorage } from './opfs';
import type { ModelChoice } from './studio';

/** The model that the visitor chose, with its tokenizer; a download is told of. */
export async function openChoice(
  { hub, files }: ModelChoice,
  tell: (event: Event) => void,
): Promise<{ model: OpenModel; tokenizer: Tokenizer }> {
  const model = await openFiles({ hub, files }, tell);
  const { generationConfig } = model;
  const tokenizer = Tokenizer.from({
    ...model.tokenizer,
    ...(generationConfig && { generationConfig }),
  });
  return { model, tokenizer };
}

async function openFiles({ hub, files }: ModelChoice, tell: (event: Event) => void) {
  if (hub) {
    const onProgress = (progress: { file: string; done: number; total: number }) =>
      tell({ kind: 'download', ...progress });
    return openModel(await downloadModel(hub, { storage: opfsHubStorage(), onProgress }));
  }
  if (!files.length) return openTinyModel();
  if (files.length === 1 && /\.gguf$/i.test(files[0]!.name)) return openModel(files[0]!);
  return openModel(folderFromFiles(new Map(files.map((file) => [file.name, file]))));
}
