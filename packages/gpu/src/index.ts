export { AttuneError, nearest } from './error.ts';
