/** How a feeling shows: one sentence with {X} for the name, {his}, {he}. */
export const signs = {
  happy: ['{X} smiled.', '{X} had a big smile.', '{X} clapped {his} hands.', '{X} laughed.', '{X} jumped up and down.'],
  sad: ['{X} cried.', '{X} began to cry.', '{X} had tears in {his} eyes.', '{X} looked down at the ground.', '{X} did not want to play.'],
  scared: ['{X} was shaking.', '{X} wanted to hide.', '{X} closed {his} eyes.', '{X} ran away fast.', '{X} could not move.'],
  angry: ['{X} made a mean face.', '{X} did not want to talk.', '{X} shouted, "No!"', '{X} went away and did not look back.'],
  tired: ['{X} could not keep {his} eyes open.', '{X} wanted to lie down.', '{X} fell asleep in a chair.', '{X} wanted to go to bed.'],
  hungry: ['{X} wanted to eat.', '{X} looked at the bread.', '{X} asked for some food.', '{X} had not eaten all day.'],
  thirsty: ['{X} wanted some water.', '{X} drank two cups of water.', '{X} asked for a drink.'],
  cold: ['{X} put on a warm coat.', '{X} wanted to sit by the fire.', '{X} was shaking in the wind.'],
  excited: ['{X} could not sit still.', '{X} could not wait.', '{X} ran around the room.', '{X} jumped up and down.'],
  proud: ['{X} showed it to everyone.', '{X} stood up tall.', '{X} had a big smile.'],
  bored: ['{X} had nothing to do.', '{X} looked out of the window.', '{X} wanted to play a game.'],
  lonely: ['{X} had no one to play with.', '{X} wanted a friend.', '{X} sat all alone.'],
};
export const feelings = Object.keys(signs);
/** The opposites that a question can offer. */
export const opposites = {
  happy: 'sad',
  sad: 'happy',
  scared: 'brave',
  angry: 'happy',
  tired: 'excited',
  hungry: 'full',
  cold: 'warm',
  excited: 'bored',
  proud: 'sad',
  bored: 'excited',
  lonely: 'happy',
  thirsty: 'hungry',
};

export const showFeeling = (random, feeling, who) => random.pick(signs[feeling]).replaceAll('{X}', who.Name).replaceAll('{his}', who.his).replaceAll('{he}', who.he);
