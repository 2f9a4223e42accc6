import type { SavedRun } from './studio';

/** What the last checkpoint says of itself, for the page; its tensors stay where they are. */
export async function savedRun(): Promise<SavedRun | undefined> {
  try {
    const folder = await navigator.storage.getDirectory();
    const file = await (await folder.getFileHandle('studio.json')).getFile();
    return JSON.parse(await file.text()).run;
  } catch {
    return undefined;
  }
}
