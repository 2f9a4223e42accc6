/** [with preposition, noun, kind] */
const rows = [
  ['in the garden', 'garden', 'outdoor'],
  ['in the park', 'park', 'outdoor'],
  ['at the beach', 'beach', 'outdoor'],
  ['in the forest', 'forest', 'outdoor'],
  ['by the river', 'river', 'outdoor'],
  ['by the lake', 'lake', 'outdoor'],
  ['on the hill', 'hill', 'outdoor'],
  ['in the field', 'field', 'outdoor'],
  ['on the farm', 'farm', 'outdoor'],
  ['in the yard', 'yard', 'outdoor'],
  ['in the meadow', 'meadow', 'outdoor'],
  ['at the playground', 'playground', 'outdoor'],
  ['by the pond', 'pond', 'outdoor'],
  ['in the street', 'street', 'outdoor'],
  ['in the kitchen', 'kitchen', 'room'],
  ['in the bedroom', 'bedroom', 'room'],
  ['in the living room', 'living room', 'room'],
  ['in the bathroom', 'bathroom', 'room'],
  ['in the hall', 'hall', 'room'],
  ['in the attic', 'attic', 'room'],
  ['at the school', 'school', 'town'],
  ['at the shop', 'shop', 'town'],
  ['at the market', 'market', 'town'],
  ['at the library', 'library', 'town'],
  ['at the zoo', 'zoo', 'town'],
  ['at the bakery', 'bakery', 'town'],
  ['in the barn', 'barn', 'shelter'],
  ['in the tent', 'tent', 'shelter'],
  ['in the castle', 'castle', 'shelter'],
  ['in the cave', 'cave', 'shelter'],
];

export const places = rows.map(([at, noun, kind]) => ({ at, noun, kind, to: `to the ${noun}` }));
const of = (...kinds) => places.filter((place) => kinds.includes(place.kind));
export const outdoors = of('outdoor');
export const rooms = of('room');
export const town = of('town');
export const wild = places.filter((place) => ['forest', 'river', 'lake', 'hill', 'field', 'meadow', 'pond'].includes(place.noun));
export const playPlaces = places.filter((place) => ['garden', 'park', 'beach', 'yard', 'meadow', 'playground', 'field'].includes(place.noun));
/** Places to go for a trip, with what one can see or do there. */
export const trips = [
  {
    to: 'to the beach',
    at: 'at the beach',
    did: ['swam in the sea', 'built a sand castle', 'looked for shells', 'ran in the sand', 'watched the waves'],
    saw: ['a crab', 'a seal', 'a boat', 'a big wave', 'a white bird'],
  },
  {
    to: 'to the farm',
    at: 'on the farm',
    did: ['fed the hens', 'milked a cow', 'rode a pony', 'picked apples', 'sat on the hay'],
    saw: ['a fat pig', 'a brown horse', 'a little lamb', 'a goat', 'a yellow chick'],
  },
  {
    to: 'to the zoo',
    at: 'at the zoo',
    did: ['fed the giraffe', 'laughed at the monkeys', 'waved to the bear', 'took pictures', 'ate ice cream'],
    saw: ['a lion', 'a tiger', 'an elephant', 'a zebra', 'a penguin'],
  },
  {
    to: 'to the forest',
    at: 'in the forest',
    did: ['picked berries', 'climbed a tree', 'jumped over a log', 'listened to the birds', 'sat by a fire'],
    saw: ['a deer', 'an owl', 'a squirrel', 'a fox', 'a red mushroom'],
  },
  {
    to: 'to the mountain',
    at: 'on the mountain',
    did: ['walked up the path', 'threw snow balls', 'looked at the clouds', 'slept in a tent', 'drank cold water'],
    saw: ['an eagle', 'a goat', 'a cave', 'a river', 'a bear'],
  },
  {
    to: 'to the lake',
    at: 'at the lake',
    did: ['sat in a boat', 'caught a fish', 'swam in the water', 'threw stones in the water', 'fed the ducks'],
    saw: ['a swan', 'a frog', 'a turtle', 'a big fish', 'a beaver'],
  },
  {
    to: 'to the city',
    at: 'in the city',
    did: ['rode on a train', 'went up a tall tower', 'ate noodles', 'walked over a bridge', 'saw a show'],
    saw: ['a clown', 'a bus', 'a tall house', 'a fire truck', 'a statue'],
  },
];
/** Games: [name as in "play tag", what they did]. */
export const games = [
  ['tag', 'ran around the trees'],
  ['hide and seek', 'hid and looked for each other'],
  ['catch', 'threw the ball to each other'],
  ['with blocks', 'built a tall tower'],
  ['in the sand', 'dug a deep hole'],
  ['with the ball', 'kicked the ball far'],
  ['on the swings', 'went up and down'],
  ['on the slide', 'slid down again and again'],
  ['pirates', 'looked for gold'],
  ['with a rope', 'jumped over the rope'],
].map(([name, did]) => ({ name, did }));
