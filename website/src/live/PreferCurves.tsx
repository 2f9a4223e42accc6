import type { Phrase } from '../phrase';
import { useText } from '../text';
import styles from './live.module.css';
import Plot from './Plot';
import { phrases } from './prefer-phrases';
import { drawn } from './use-preferring';
import { words } from './words';

const labels: Record<(typeof drawn)[number], Phrase> = {
  reward: phrases.reward,
  loss: words.loss,
  'rewards/margins': phrases.margins,
  'rewards/accuracies': phrases.accuracies,
  kl: phrases.kl,
};

const width = 10;

/** Steps of four pairs are noisy: their mean over the last ten is what to look at. */
const smooth = (values: readonly number[]) =>
  values.map((_, i) => {
    const last = values.slice(Math.max(0, i + 1 - width), i + 1);
    return last.reduce((a, b) => a + b, 0) / last.length;
  });

function rangeOf(name: string, values: readonly number[]): readonly [number, number] | undefined {
  if (name === 'rewards/accuracies' || name === 'reward') return [0, 1];
  const [low, high] = [Math.min(0, ...values), Math.max(...values)];
  return low < high ? [low, high + 0.05 * (high - low)] : undefined;
}

/** Curves of a preference run, as many as its algorithm logs. */
export default function PreferCurves({
  curves,
}: {
  curves: Readonly<Record<string, readonly number[]>>;
}) {
  const text = useText();
  return (
    <div className={styles.curves}>
      {drawn
        .filter((name) => (curves[name]?.length ?? 0) > 1)
        .map((name) => {
          const values = curves[name]!;
          const range = rangeOf(name, values);
          return (
            <Plot
              key={name}
              width={420}
              title={text(labels[name])}
              drawing={{
                kind: 'lines',
                x: values.map((_, i) => i + 1),
                xLabel: words.step,
                yLabel: labels[name],
                series: [
                  { name: phrases.mean, y: smooth(values) },
                  { name: phrases.batch, y: values, faint: true },
                ],
                ...(range && { yRange: range }),
              }}
            />
          );
        })}
    </div>
  );
}
