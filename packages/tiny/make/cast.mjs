import { a, cap } from './grammar.mjs';
import { farmAnimals, heroes, pets } from './words/animals.mjs';
import { boys, family, girls, goodTraits, petNames, workers } from './words/people.mjs';

const pronouns = (female) =>
  female ? { he: 'she', He: 'She', him: 'her', his: 'her', His: 'Her', himself: 'herself' } : { he: 'he', He: 'He', him: 'him', his: 'his', His: 'His', himself: 'himself' };

const named = (name, female, rest) => ({
  name,
  Name: cap(name),
  female,
  ...pronouns(female),
  ...rest,
});

/** A child with a name; `female` may be asked for. */
export function child(random, female = random.chance(0.5), taken = []) {
  const name = random.pickWhere(female ? girls : boys, (each) => !taken.includes(each));
  const noun = female ? 'girl' : 'boy';
  return named(name, female, { human: true, noun, intro: `${a(noun)} named ${name}` });
}

/** An animal: "the fox", or a fox with a name. */
export function creature(random, kinds = heroes, female = random.chance(0.5), taken = []) {
  const animal = random.pickWhere(kinds, (each) => !taken.includes(each.noun));
  const size = animal.size >= 3 ? random.pick(['big', 'big', 'strong']) : random.pick(['little', 'small', 'little']);
  const describe = `${a(`${size} ${animal.noun}`)}`;
  const rest = { human: false, noun: animal.noun, animal };
  if (random.chance(0.45)) {
    const name = random.pickWhere(petNames, (each) => !taken.includes(each));
    return named(name, female, { ...rest, intro: `${describe} named ${name}` });
  }
  return named(`the ${animal.noun}`, female, { ...rest, intro: describe });
}

export const pet = (random, taken) => creature(random, pets, undefined, taken);
export const farmAnimal = (random, taken) => creature(random, farmAnimals, undefined, taken);

/** Mom, Dad, Grandma or Grandpa. */
export function grownUp(random) {
  const { name, female } = random.pick(family);
  return named(name, female, { human: true, noun: name, intro: name });
}

/** A baker, a farmer, ... */
export function worker(random) {
  const [noun, only, at, did, gives] = random.pick(workers);
  const female = only ?? random.chance(0.5);
  return named(`the ${noun}`, female, { human: true, noun, intro: a(noun), at, did, gives });
}

/** A hero and a friend of the other sex, so that "he" and "she" are never in doubt. */
export function pair(random, animalChance = 0.35) {
  const female = random.chance(0.5);
  if (random.chance(animalChance)) {
    const hero = creature(random, heroes, female);
    return [hero, creature(random, heroes, !female, [hero.noun, hero.name])];
  }
  const hero = child(random, female);
  return [hero, child(random, !female)];
}

/** The hero alone: mostly a child. */
export const lone = (random, animalChance = 0.35) => (random.chance(animalChance) ? creature(random) : child(random));

export const trait = (random) => random.pick(goodTraits);
