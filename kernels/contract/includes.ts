import element from './element.wgsl';
import elements from './elements.wgsl';
import finite from './finite.wgsl';
import numeric from './numeric.wgsl';
import type { Includes } from './preprocess.ts';
import rows from './rows.wgsl';
import segments from './segments.wgsl';
import totals from './totals.wgsl';

// Each as `shader` takes it, with what the file itself includes. A bundle holds those that its kernels use.

/** element.wgsl: `Element`, one number or four. */
export const elementInclude: Includes = { 'element.wgsl': element };
/** elements.wgsl: a tensor element by element. */
export const elementsInclude: Includes = { 'elements.wgsl': elements, 'element.wgsl': element };
/** totals.wgsl: the total and the largest of a workgroup's lanes. */
export const totalsInclude: Includes = { 'totals.wgsl': totals };
/** rows.wgsl: a matrix row by row. */
export const rowsInclude: Includes = { 'rows.wgsl': rows, 'totals.wgsl': totals };
/** segments.wgsl: one sum over each sequence's tokens. */
export const segmentsInclude: Includes = { 'segments.wgsl': segments };
/** finite.wgsl: whether numbers are finite, and NaN. */
export const finiteInclude: Includes = { 'finite.wgsl': finite };
/** numeric.wgsl: sigmoid, tanh, log1p, expm1, k3, softplus with all their digits. */
export const numericInclude: Includes = { 'numeric.wgsl': numeric };
