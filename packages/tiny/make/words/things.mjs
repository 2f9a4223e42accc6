export const colours = 'red blue green yellow pink white black brown purple gray gold silver'.split(' ');
/** Colours that paint and cloth have. */
export const plainColours = colours.slice(0, 10);
export const sizes = ['big', 'small', 'little', 'tiny', 'huge'];
export const looks = ['new', 'old', 'shiny', 'pretty', 'special', 'lovely'];

/** Toys: [noun, what one does with it (base form), the same in the past]. */
export const toys = [
  ['ball', 'kick the ball', 'kicked the ball'],
  ['kite', 'fly the kite', 'flew the kite'],
  ['doll', 'play with the doll', 'played with the doll'],
  ['toy car', 'push the toy car', 'pushed the toy car'],
  ['toy boat', 'sail the toy boat', 'sailed the toy boat'],
  ['toy train', 'pull the toy train', 'pulled the toy train'],
  ['drum', 'bang the drum', 'banged the drum'],
  ['teddy bear', 'hug the teddy bear', 'hugged the teddy bear'],
  ['puzzle', 'do the puzzle', 'did the puzzle'],
  ['balloon', 'hold the balloon', 'held the balloon'],
  ['robot', 'play with the robot', 'played with the robot'],
  ['top', 'spin the top', 'spun the top'],
  ['bike', 'ride the bike', 'rode the bike'],
  ['scooter', 'ride the scooter', 'rode the scooter'],
  ['wagon', 'pull the wagon', 'pulled the wagon'],
  ['whistle', 'blow the whistle', 'blew the whistle'],
  ['horn', 'blow the horn', 'blew the horn'],
  ['bell', 'ring the bell', 'rang the bell'],
  ['book', 'read the book', 'read the book'],
  ['crown', 'wear the crown', 'wore the crown'],
  ['mask', 'wear the mask', 'wore the mask'],
  ['cape', 'wear the cape', 'wore the cape'],
].map(([noun, use, used]) => ({ noun, use, used }));

/** Toys small enough to hide under a chair. */
export const smallToys = toys.filter((toy) => !['bike', 'scooter', 'wagon'].includes(toy.noun));
export const toyOf = (noun) => toys.find((toy) => toy.noun === noun);
/** Toys that fly, float or roll away. */
export const runaways = ['ball', 'kite', 'balloon', 'toy boat'];

export const clothes = ['hat', 'scarf', 'coat', 'sock', 'shoe', 'glove', 'boot', 'dress', 'shirt'];
/** Small things that one loses and finds. */
export const treasures = ['key', 'coin', 'ring', 'shell', 'button', 'stone', 'feather', 'watch', 'purse', 'letter', 'flower', 'ribbon'];
/** Things of use: [noun, what it is for]. */
export const tools = [
  ['ladder', 'climb up high'],
  ['rope', 'pull heavy things'],
  ['net', 'catch fish'],
  ['bucket', 'carry water'],
  ['basket', 'carry apples'],
  ['lamp', 'see in the dark'],
  ['broom', 'clean the floor'],
  ['spoon', 'eat soup'],
  ['shovel', 'dig a hole'],
  ['umbrella', 'stay dry in the rain'],
  ['blanket', 'keep warm'],
  ['map', 'find the way'],
  ['pencil', 'draw pictures'],
  ['brush', 'paint pictures'],
  ['cup', 'drink milk'],
  ['clock', 'tell the time'],
  ['bed', 'sleep at night'],
  ['boat', 'cross the river'],
  ['hammer', 'hit nails'],
  ['saw', 'cut wood'],
].map(([noun, purpose]) => ({ noun, purpose }));

/** Things that break, with the place they stand in. */
export const fragile = ['vase', 'cup', 'plate', 'lamp', 'window', 'bowl', 'glass', 'mirror'];

/** [place to look, can it be inside a house, outside] */
const spots = [
  ['under the bed', true, false],
  ['behind the chair', true, false],
  ['under the table', true, false],
  ['in the box', true, false],
  ['on the shelf', true, false],
  ['behind the door', true, false],
  ['in the closet', true, false],
  ['under the blanket', true, false],
  ['in the drawer', true, false],
  ['behind the couch', true, false],
  ['in the basket', true, true],
  ['under the pillow', true, false],
  ['behind the tree', false, true],
  ['under the bush', false, true],
  ['in the tall grass', false, true],
  ['behind the rock', false, true],
  ['under the bench', false, true],
  ['in the sand', false, true],
  ['near the fence', false, true],
  ['under the leaves', false, true],
  ['by the gate', false, true],
  ['next to the pond', false, true],
  ['behind the shed', false, true],
  ['in the mud', false, true],
];
export const indoorSpots = spots.filter(([, inside]) => inside).map(([spot]) => spot);
export const outdoorSpots = spots.filter(([, , outside]) => outside).map(([spot]) => spot);
