export type { ReferenceCache, ReferenceCacheOptions } from './reference-cache.ts';
export {
  type CompletionRow,
  type ReferenceLogpsOptions,
  referenceLogps,
} from './reference-logps.ts';
