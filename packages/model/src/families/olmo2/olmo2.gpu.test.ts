import { fileURLToPath } from 'node:url';
import { testFamily } from '../testing/check-family.ts';

testFamily(fileURLToPath(new URL('fixtures', import.meta.url)));
