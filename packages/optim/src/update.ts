import type { KernelTraits } from '@attune/kernels';
import { type AdamWStep, adamwSchedule, recordAdamW, recordClip, recordSgd } from '@attune/kernels';
import { Graph, type InputData, type Trainable } from '@attune/plan';

/** AdamW, or plain gradient descent, which keeps no moments. */
export type Optimizer = 'adamw' | 'sgd';

/**
 * The optimizer's part of a step as a graph: the norm of all gradients, clipping by it, and AdamW (or gradient
 * descent), one dispatch for each flat buffer. Inputs `schedule` and `max norm`; output `clip`:
 * [norm before clipping, coefficient, finite, 0]. Where a gradient is not finite nothing changes.
 * @see Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101
 */
export function updateGraph(
  traits: KernelTraits,
  trainable: Trainable,
  optimizer: Optimizer = 'adamw',
): Graph {
  const graph = new Graph(traits);
  const schedule = graph.input('schedule', [8]);
  const maxNorm = graph.input('max norm', [1]);
  const gradients = trainable.flats.map((_, i) => trainable.flat(graph, 'gradients', i));
  const clip = recordClip(graph, { gradients, maxNorm });
  trainable.flats.forEach(({ decay }, i) => {
    const parameters = trainable.flat(graph, 'parameters', i);
    const tensors = { parameters, gradients: gradients[i]!, schedule, clip };
    if (optimizer === 'sgd') {
      recordSgd(graph, tensors, { decayCount: decay });
      return;
    }
    const m = trainable.flat(graph, 'm', i);
    const v = trainable.flat(graph, 'v', i);
    recordAdamW(graph, { ...tensors, m, v }, { decayCount: decay });
  });
  graph.output('clip', clip);
  return graph;
}

/** The values of `updateGraph`'s inputs. */
export function updateValues(step: AdamWStep, maxNorm: number): Record<string, InputData> {
  return { schedule: adamwSchedule(step), 'max norm': Float32Array.of(maxNorm) };
}
