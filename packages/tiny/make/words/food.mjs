/** Food that is counted: "two apples". */
export const fruits = ['apple', 'pear', 'plum', 'peach', 'banana', 'orange', 'cherry', 'berry', 'lemon'];
export const vegetables = ['carrot', 'potato', 'tomato', 'onion', 'pumpkin', 'bean', 'cabbage'];
export const treats = ['cookie', 'cake', 'muffin', 'pie', 'candy', 'donut', 'pancake', 'sandwich'];
export const countable = [...fruits, ...vegetables, 'cookie', 'muffin', 'egg', 'nut', 'pancake'];

/** Food to share: [what one has, half of it, "it" or "them"]. */
export const shared = [
  ['a big cookie', 'half of the cookie', 'it'],
  ['a red apple', 'half of the apple', 'it'],
  ['a piece of cake', 'half of the cake', 'it'],
  ['a sandwich', 'half of the sandwich', 'it'],
  ['a loaf of bread', 'a piece of the bread', 'it'],
  ['a bag of nuts', 'some of the nuts', 'them'],
  ['a bowl of berries', 'some of the berries', 'them'],
  ['a box of cookies', 'three of the cookies', 'them'],
  ['a big pie', 'a piece of the pie', 'it'],
  ['a sweet melon', 'a piece of the melon', 'it'],
];
export const meals = ['soup', 'rice', 'pasta', 'bread', 'toast', 'eggs', 'pancakes', 'fish', 'salad'];
export const drinks = ['milk', 'water', 'juice', 'tea', 'hot chocolate'];
/** [dish, what goes in, the thing that is missing] */
export const recipes = [
  ['a cake', ['flour', 'eggs', 'sugar', 'milk', 'butter'], 'oven'],
  ['a pie', ['flour', 'apples', 'sugar', 'butter'], 'oven'],
  ['cookies', ['flour', 'butter', 'sugar', 'eggs'], 'oven'],
  ['bread', ['flour', 'water', 'salt'], 'oven'],
  ['soup', ['carrots', 'onions', 'beans', 'water', 'salt'], 'pot'],
  ['pancakes', ['flour', 'milk', 'eggs', 'butter'], 'pan'],
  ['a salad', ['tomatoes', 'carrots', 'beans', 'salt'], 'bowl'],
  ['jam', ['berries', 'sugar', 'water'], 'pot'],
];
