// What the page of this family runs.
export { run } from '../elementwise.live.ts';
