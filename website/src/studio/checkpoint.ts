import type { OutputFolder } from '@attune/trainer';
import { opfsFolder, writeFile } from './opfs';
import type { SavedRun } from './studio';

// One run, in the page's own file system (OPFS): nothing else can read it. Its checkpoints are the trainer's own.
const description = 'studio.json';

/** Where the trainer puts logs and checkpoints. */
export const runFolder = (): OutputFolder => opfsFolder('studio-run');

/** The description is written after the checkpoint that it tells of. */
export const describe = (run: SavedRun): Promise<void> =>
  writeFile(description, new TextEncoder().encode(JSON.stringify({ run })));

/** The description of the saved run. */
export async function load(): Promise<SavedRun | undefined> {
  try {
    const folder = await navigator.storage.getDirectory();
    const file = await (await folder.getFileHandle(description)).getFile();
    return JSON.parse(await file.text()).run;
  } catch {
    return undefined;
  }
}

export async function forget(): Promise<void> {
  const folder = await navigator.storage.getDirectory();
  await folder.removeEntry(description).catch(() => undefined);
  await folder.removeEntry('studio-run', { recursive: true }).catch(() => undefined);
}
