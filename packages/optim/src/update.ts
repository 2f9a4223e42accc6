import type { KernelTraits } from '@attune/kernels';
import { type AdamWStep, adamwSchedule, recordAdamW, recordClip } from '@attune/kernels';
import { Graph, type InputData, type Trainable } from '@attune/plan';

/**
 * The optimizer's part of a step as a graph: the norm of all gradients, clipping by it, and AdamW,
 * one dispatch for each flat buffer. Inputs `schedule` and `max norm`; output `clip`:
 * [norm before clipping, coefficient, finite, 0]. Where a gradient is not finite nothing changes.
 * @see Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101
 */
export function updateGraph(traits: KernelTraits, trainable: Trainable): Graph {
  const graph = new Graph(traits);
  const schedule = graph.input('schedule', [8]);
  const maxNorm = graph.input('max norm', [1]);
  const gradients = trainable.flats.map((_, i) => trainable.flat(graph, 'gradients', i));
  const clip = recordClip(graph, { gradients, maxNorm });
  trainable.flats.forEach(({ decay }, i) => {
    recordAdamW(
      graph,
      {
        parameters: trainable.flat(graph, 'parameters', i),
        gradients: gradients[i]!,
        m: trainable.flat(graph, 'm', i),
        v: trainable.flat(graph, 'v', i),
        schedule,
        clip,
      },
      { decayCount: decay },
    );
  });
  graph.output('clip', clip);
  return graph;
}

/** The values of `updateGraph`'s inputs. */
export function updateValues(step: AdamWStep, maxNorm: number): Record<string, InputData> {
  return { schedule: adamwSchedule(step), 'max norm': Float32Array.of(maxNorm) };
}
