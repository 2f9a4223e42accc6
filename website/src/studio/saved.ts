import type { SavedRun } from './studio';

/** What the last checkpoint says of itself, for the page; its tensors stay where they are. */
export async function savedRun(): Promise<SavedRun | undefined> {
  try {
    const folder = await navigator.storage.getDirectory();
    const file = await (await folder.getFileHandle('studio.json')).getFile();
    const { run } = JSON.parse(await file.text());
    // A run that an older page saved has no metrics, and cannot be told whole.
    return Array.isArray(run?.metrics) ? run : undefined;
  } catch {
    return undefined;
  }
}
