import type { BenchRow } from '@attune/bench';
import { useState } from 'react';
import Downloads from '../live/Downloads';
import Fault from '../live/Fault';
import live from '../live/live.module.css';
import type { Computer } from '../live/protocol';
import { announce } from '../live/recorded';
import { spokenError, spokenTime } from '../live/spoken';
import { useJob } from '../live/use-job';
import { words } from '../live/words';
import { useText } from '../text';
import Roofline from './Roofline';

interface Row {
  readonly row: BenchRow;
  readonly intensity?: number | undefined;
}

const rounds = 5;
const isRoof = ({ row }: Row) => row.name.startsWith('roof');

/** Times the kernels and a whole step on the visitor's adapter. */
export default function Bench() {
  const text = useText();
  const [rows, setRows] = useState<Row[]>([]);
  const [bandwidth, setBandwidth] = useState<number>();
  const [computer, setComputer] = useState<Computer & { name: Record<string, string> }>();
  const { phase, fault, start, stop } = useJob((event) => {
    if (event.kind === 'adapter-name') setComputer(event.computer);
    if (event.kind === 'bandwidth') setBandwidth(event.bytesPerSecond / 1e9);
    if (event.kind === 'bench') setRows((before) => [...before, event]);
    if (event.kind === 'done') announce('bench', file());
  });
  const file = () => ({
    version: '0.0.0',
    date: new Date().toISOString(),
    adapter: computer?.name,
    browser: navigator.userAgent,
    rounds,
    bandwidth,
    rows: rows.map(({ row }) => row),
  });
  const busy = phase === 'running';
  const peak = Math.max(0, ...rows.filter(isRoof).map(({ row }) => row.gflops));
  const own = rows.filter((each) => !isRoof(each));
  const json = () => new TextEncoder().encode(`${JSON.stringify(file(), null, 2)}\n`);
  return (
    <section className={live.panel} data-live="bench">
      <div className={live.bar}>
        <button
          type="button"
          className={live.button}
          disabled={busy}
          onClick={() => {
            setRows([]);
            setBandwidth(undefined);
            start({ kind: 'bench', rounds });
          }}
        >
          {text(busy ? words.running : words.run)}
        </button>
        <button type="button" className={live.quiet} onClick={stop} disabled={!busy}>
          {text(words.stop)}
        </button>
        <output className={live.status} aria-live="polite">
          {computer?.adapter}
          {computer?.software && ` (${text(words.software)})`}
          {bandwidth && `, ${bandwidth.toPrecision(3)} GB/s`}
          {peak > 0 && `, ${peak.toPrecision(3)} GFLOP/s`}
        </output>
      </div>
      {own.length > 0 && (
        <section
          className={live.wide}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: on a phone it scrolls, and the keyboard must reach it
          tabIndex={0}
          aria-label={text(words.figures)}
        >
          <table className={live.samples}>
            <thead>
              <tr>
                <th scope="col">{text(words.what)}</th>
                <th scope="col">{text(words.time)}</th>
                <th scope="col">GFLOP/s</th>
                <th scope="col">{text(words.ofPeak)}</th>
                <th scope="col">{text(words.error)}</th>
              </tr>
            </thead>
            <tbody>
              {own.map(({ row }) => (
                <tr key={row.bench}>
                  <td>{row.bench}</td>
                  <td>{spokenTime(row.ms)}</td>
                  <td>{row.gflops.toPrecision(3)}</td>
                  <td>{Number.isNaN(row.ofPeak) ? '' : `${(100 * row.ofPeak).toFixed(0)} %`}</td>
                  <td>{row.error === undefined ? '' : spokenError(row.error)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {peak > 0 && bandwidth && (
        <Roofline
          peak={peak}
          bandwidth={bandwidth}
          points={own.flatMap(({ row, intensity }) =>
            intensity ? [{ name: row.bench, gflops: row.gflops, intensity }] : [],
          )}
        />
      )}
      {phase === 'done' && <Downloads files={new Map([['attune-bench.json', json()]])} />}
      {fault && <Fault fault={fault} />}
    </section>
  );
}
