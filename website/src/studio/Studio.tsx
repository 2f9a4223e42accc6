import { useEffect, useMemo, useState } from 'react';
import Downloads from '../live/Downloads';
import Fault from '../live/Fault';
import live from '../live/live.module.css';
import Plot from '../live/Plot';
import type { Sample } from '../live/protocol';
import { announce } from '../live/recorded';
import Samples from '../live/Samples';
import { formatBytes } from '../live/spoken';
import { useJob } from '../live/use-job';
import { words } from '../live/words';
import { useText } from '../text';
import Chat from './Chat';
import { nameFiles } from './chat';
import LookView from './LookView';
import { phrases } from './phrases';
import StudioForm from './StudioForm';
import { savedRun } from './saved';
import {
  defaults,
  type Look,
  type MetricsRow,
  recipeOf,
  rowOf,
  type SavedRun,
  type StudioWork,
} from './studio';

const initial: StudioWork = {
  hub: '',
  files: [],
  rows: '',
  prompts: ['Ruby is in the castle. Noah is in the attic.\nQuestion: Where is Noah?\nAnswer:'],
  settings: defaults,
};

async function exampleRows(): Promise<string> {
  const { instructionFiles, readTinyFile } = await import('@attune/tiny');
  return new TextDecoder().decode(await readTinyFile(instructionFiles.train));
}

/** Fine-tuning of the visitor's own rows. */
export default function Studio() {
  const text = useText();
  const [work, setWork] = useState(initial);
  const [saved, setSaved] = useState<SavedRun>();
  const [look, setLook] = useState<Look>();
  const [metrics, setMetrics] = useState<readonly MetricsRow[]>([]);
  const [before, setBefore] = useState<readonly Sample[]>();
  const [now, setNow] = useState<readonly Sample[]>();
  const [adapter, setAdapter] = useState<ReadonlyMap<string, Uint8Array>>();
  /** The model that the run on this page began with. */
  const [trained, setTrained] = useState('');
  const [download, setDownload] = useState<{ file: string; done: number; total: number }>();
  const { phase, fault, start, stop, pause } = useJob((event) => {
    if (event.kind === 'download') setDownload(event);
    if (event.kind === 'looked') setLook(event.look);
    if (event.kind === 'looked' || event.kind === 'ready') setDownload(undefined);
    if (event.kind === 'samples') (event.step === 0 ? setBefore : setNow)(event.samples);
    if (event.kind === 'adapter') setAdapter(event.files);
    if (event.kind === 'step') setMetrics((list) => [...list, rowOf(event)]);
    if (event.kind === 'paused') void savedRun().then(setSaved);
    if (event.kind === 'done') {
      setSaved(undefined);
      announce('studio', { losses, before, now });
    }
  });
  useEffect(() => void savedRun().then(setSaved), []);
  const busy = phase === 'running';
  const losses = metrics.map(({ loss }) => loss);
  const begin = (from?: SavedRun) => {
    const chosen = from ? { ...from, files: work.files } : work;
    setWork(chosen);
    setMetrics(from?.metrics ?? []);
    setTrained(nameFiles(chosen.hub, chosen.files));
    setBefore(undefined);
    setNow(undefined);
    setAdapter(undefined);
    start({ kind: 'study', work: chosen, resuming: Boolean(from) });
  };
  const model = work.hub || (work.files[0]?.name ?? 'packages/tiny/model');
  const encode = (content: string) => new TextEncoder().encode(content);
  const files = new Map([
    ...(adapter ?? []),
    ['recipe.yaml', encode(recipeOf(work, model))] as const,
    ['metrics.jsonl', encode(metrics.map((row) => `${JSON.stringify(row)}\n`).join(''))] as const,
  ]);
  const here = trained === nameFiles(work.hub, work.files);
  const result = useMemo(
    () =>
      adapter && here ? [...adapter].map(([name, data]) => new File([data as BlobPart], name)) : [],
    [adapter, here],
  );
  return (
    <section data-live="studio">
      <StudioForm work={work} onChange={setWork} example={exampleRows} />
      <div className={live.bar}>
        <button
          type="button"
          className={live.quiet}
          disabled={busy || !work.rows}
          onClick={() => start({ kind: 'look', work })}
        >
          {text(phrases.look)}
        </button>
        <button
          type="button"
          className={live.button}
          disabled={busy || !work.rows}
          onClick={() => begin()}
        >
          {text(busy ? words.running : words.train)}
        </button>
        <button type="button" className={live.quiet} onClick={pause} disabled={!busy}>
          {text(phrases.pause)}
        </button>
        <button type="button" className={live.quiet} onClick={stop} disabled={!busy}>
          {text(words.stop)}
        </button>
        {saved && !busy && (
          <button type="button" className={live.button} onClick={() => begin(saved)}>
            {text(phrases.resume)} {saved.step}
          </button>
        )}
        <output className={live.status} aria-live="polite">
          {busy &&
            download &&
            `${download.file}: ${formatBytes(download.done)} / ${formatBytes(download.total)} `}
          {losses.length > 0 &&
            `${text(words.step)} ${losses.length} / ${work.settings.steps}, ${text(words.loss)} ${losses.at(-1)!.toFixed(3)}`}
        </output>
      </div>
      <p className={live.note}>{text(phrases.saved)}</p>
      {fault && <Fault fault={fault} />}
      {look && <LookView look={look} />}
      {losses.length > 1 && (
        <Plot
          width={900}
          title={text(words.loss)}
          drawing={{
            kind: 'lines',
            x: losses.map((_, i) => i + 1),
            xLabel: words.step,
            yLabel: words.loss,
            series: [{ name: words.loss, y: losses }],
            yRange: [0, Math.max(...losses) * 1.05],
          }}
        />
      )}
      <Samples before={before} now={now} plain />
      {adapter && !busy && <Downloads files={files} />}
      <Chat work={work} result={result} disabled={busy} />
    </section>
  );
}
