/** KTO's, which without mismatched answers has z = 0: scale Σ w σ(∓β r). */
export { ktoReference as apoZeroUnpairedReference } from '../kto/kto.reference.ts';
