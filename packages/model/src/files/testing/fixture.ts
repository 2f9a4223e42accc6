import { fileURLToPath } from 'node:url';

/** The path of a file or folder in this package's fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}
