export type { ReferenceCache, ReferenceCacheOptions } from './reference-cache.ts';
export { diskReferenceCache } from './reference-cache.ts';
export { type ReferenceLogpsOptions, referenceLogps } from './reference-logps.ts';
