/** max(0, 1 - β δ): DPO's hinge, of log-probabilities in place of log-ratios. */
export { dpoHingeReference as cpoHingeReference } from '../dpo-hinge/dpo-hinge.reference.ts';
