// The page: starts and stops its worker, draws the loss, shows answers before and after, offers the adapter.
import type { TinyMeasure } from '@attune/tiny';
import type { Message, Request } from './messages.ts';

const element = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;
const [start, stop] = [element<HTMLButtonElement>('run'), element<HTMLButtonElement>('stop')];
const [line, record] = [element('line'), element('record')];
const canvas = element<HTMLCanvasElement>('curve');
const worker = new Worker('worker.js', { type: 'module' });
const ask = (request: Request) => worker.postMessage(request);
let losses: number[] = [];
let totalSteps = 1;

start.onclick = () => {
  losses = [];
  record.textContent = '';
  element('files').replaceChildren();
  running(true);
  line.textContent = 'Loading…';
  const asked = new URLSearchParams(location.search).get('steps');
  ask({ kind: 'run', ...(asked && { maxSteps: Number(asked) }) });
};
stop.onclick = () => ask({ kind: 'stop' });
worker.onmessage = ({ data }: MessageEvent<Message>) => show(data);
worker.onerror = ({ message }) =>
  show({ kind: 'error', code: 'worker', message, remedy: 'Reload the page.' });

function running(on: boolean): void {
  start.disabled = on;
  stop.disabled = !on;
}

function show(message: Message): void {
  switch (message.kind) {
    case 'device':
      totalSteps = message.totalSteps;
      record.append(`${message.adapter}\n`);
      return;
    case 'before':
    case 'after':
      record.append(describe(message.kind, message.measure));
      return;
    case 'step':
      losses.push(message.loss);
      line.textContent = `step ${message.step} of ${totalSteps}: loss ${message.loss.toFixed(4)}`;
      draw();
      return;
    case 'adapter':
      for (const [name, bytes] of message.files) offer(name, bytes);
      line.textContent = 'Done.';
      running(false);
      return;
    case 'error':
      line.textContent = `${message.message} ${message.remedy} [${message.code}]`;
      running(false);
      return;
  }
}

function describe(when: string, { loss, right, rows, answers }: TinyMeasure): string {
  const samples = answers.slice(0, 3).map(({ prompt, answer, expected }) => {
    return `  ${prompt.replaceAll('\n', ' ')} ${answer} (right: ${expected})\n`;
  });
  return `${when}: held-out loss ${loss.toFixed(6)}, ${right} of ${rows} answers right\n${samples.join('')}`;
}

function offer(name: string, bytes: Uint8Array): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes as BlobPart]));
  link.download = name;
  link.textContent = name;
  element('files').append(link, ' ');
}

function draw(): void {
  const pen = canvas.getContext('2d')!;
  const top = Math.max(...losses, 1);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.strokeStyle = getComputedStyle(canvas).color;
  pen.beginPath();
  for (const [i, loss] of losses.entries()) {
    pen.lineTo((i / totalSteps) * canvas.width, canvas.height * (1 - loss / top));
  }
  pen.stroke();
}

// For tests and the curious: every loss at full precision.
Object.defineProperty(window, 'losses', { get: () => losses });
