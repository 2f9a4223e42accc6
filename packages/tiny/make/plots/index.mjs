import * as doing from './doing.mjs';
import * as feelings from './feelings.mjs';
import * as outside from './outside.mjs';
import * as things from './things.mjs';
import * as town from './town.mjs';
import * as wonder from './wonder.mjs';

/** Every plot: writes one story into a tale. */
export const plots = Object.fromEntries([things, feelings, outside, doing, town, wonder].flatMap((file) => Object.entries(file).filter(([, plot]) => typeof plot === 'function')));
