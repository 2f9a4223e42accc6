export const girls = 'Mia Lily Anna Zoe Ella Lucy Sara Nina Ruby Rosa Emma Ivy Kate Jane Amy Maya Eva Clara Nora Tina Lena Daisy Molly Penny'.split(' ');
export const boys = 'Tom Ben Sam Max Leo Jack Tim Finn Noah Oscar Peter Dan Adam Luke Hugo Omar Ravi Kai Milo Nico Paul Eric Toby Will'.split(' ');
/** Names for animals. */
export const petNames = 'Pip Momo Coco Bingo Rusty Fluffy Spot Buddy Nibbles Pepper Biscuit Sunny Shadow Ginger Dot Fuzzy Bella Charlie Rocky Snowy'.split(' ');

/** Grown-ups of a family: they are called by these words as by a name. */
export const family = [
  { name: 'Mom', female: true },
  { name: 'Dad', female: false },
  { name: 'Grandma', female: true },
  { name: 'Grandpa', female: false },
];

/** [who, female or null for either, place of work, what they do there] */
export const workers = [
  ['baker', null, 'at the bakery', 'baked bread', 'bread'],
  ['farmer', null, 'on the farm', 'fed the cows', 'milk'],
  ['teacher', null, 'at the school', 'read a story to the children', 'books'],
  ['doctor', null, 'at the hospital', 'helped sick people', 'medicine'],
  ['gardener', null, 'in the garden', 'watered the flowers', 'flowers'],
  ['sailor', null, 'on the ship', 'pulled the ropes', 'ropes'],
  ['painter', null, 'in the red house', 'painted the walls', 'paint'],
  ['cook', null, 'in the kitchen', 'made hot soup', 'soup'],
  ['driver', null, 'on the bus', 'drove the big bus', 'a bus'],
  ['firefighter', null, 'at the fire station', 'washed the fire truck', 'a ladder'],
  ['fisherman', false, 'at the lake', 'caught three fish', 'fish'],
  ['queen', true, 'in the castle', 'sat on a gold chair', 'gold'],
  ['king', false, 'in the castle', 'wore a gold crown', 'gold'],
  ['nurse', null, 'at the hospital', 'gave a boy a bandage', 'bandages'],
  ['shopkeeper', null, 'at the shop', 'sold apples and eggs', 'apples'],
  ['librarian', null, 'at the library', 'put the books on the shelf', 'books'],
];

export const goodTraits = ['kind', 'brave', 'clever', 'happy', 'gentle', 'curious', 'quiet', 'cheerful', 'polite', 'friendly', 'careful', 'funny', 'helpful', 'smart', 'shy'];

/** "She liked to ..." */
export const pastimes = [
  'sing',
  'dance',
  'run',
  'laugh',
  'help others',
  'play outside',
  'look at the clouds',
  'tell jokes',
  'make new friends',
  'listen to stories',
  'look for bugs',
  'jump over puddles',
  'watch the birds',
  'sleep in the sun',
];
