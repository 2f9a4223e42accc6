import lavapipe from '../../../kernels/results/lavapipe.json';
import swiftshader from '../../../kernels/results/swiftshader.json';
import live from '../live/live.module.css';
import { spokenTime } from '../live/spoken';
import { words } from '../live/words';
import { useText } from '../text';

interface Result {
  readonly date: string;
  readonly adapter: { readonly vendor: string; readonly description: string };
  readonly rows: readonly {
    readonly bench: string;
    readonly name: string;
    readonly ms: number;
    readonly gflops: number;
    readonly ofPeak?: number;
  }[];
}

const results: readonly Result[] = [lavapipe, swiftshader];

/** What lies in kernels/results: ours and the libraries measured beside it. */
export default function Results() {
  const text = useText();
  return (
    <section
      className={live.wide}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: on a phone it scrolls, and the keyboard must reach it
      tabIndex={0}
      aria-label={text(words.kept)}
    >
      <table className={live.samples}>
        <thead>
          <tr>
            <th scope="col">{text({ en: 'adapter', zh: '适配器' })}</th>
            <th scope="col">{text(words.what)}</th>
            <th scope="col">{text({ en: 'library', zh: '库' })}</th>
            <th scope="col">{text(words.time)}</th>
            <th scope="col">GFLOP/s</th>
            <th scope="col">{text(words.ofPeak)}</th>
          </tr>
        </thead>
        <tbody>
          {results.flatMap(({ adapter, rows }) =>
            rows
              .filter(({ name }) => !name.startsWith('roof'))
              .map(({ bench, name, ms, gflops, ofPeak }) => (
                <tr key={`${adapter.description} ${bench} ${name}`}>
                  <td>{adapter.description.split(' (')[0] || adapter.vendor}</td>
                  <td>{bench}</td>
                  <td>{name}</td>
                  <td>{spokenTime(ms)}</td>
                  <td>{gflops.toPrecision(3)}</td>
                  <td>{ofPeak === undefined ? '' : `${(100 * ofPeak).toFixed(0)} %`}</td>
                </tr>
              )),
          )}
        </tbody>
      </table>
    </section>
  );
}
