import { trait } from './cast.mjs';
import { a } from './grammar.mjs';
import { homes } from './words/animals.mjs';
import { showFeeling } from './words/feelings.mjs';
import { goodTraits, pastimes } from './words/people.mjs';
import { days, fineWeather, partsOfDay } from './words/weather.mjs';

/**
 * A story under construction: sentences in paragraphs, and the questions that the story answers.
 * A question has a full answer (for pretraining) and, where one exists, a short one.
 */
export class Tale {
  constructor(random) {
    this.random = random;
    this.paragraphs = [[]];
    this.questions = [];
    this.topics = [];
  }

  /** Appends one of the options; an option may be several sentences. */
  say(...options) {
    const text = this.random.pick(options);
    if (text) this.paragraphs[this.paragraphs.length - 1].push(text);
    return this;
  }

  /** Appends one of the options, or nothing. */
  maybe(probability, ...options) {
    if (this.random.chance(probability)) this.say(...options);
    return this;
  }

  paragraph() {
    this.paragraphs.push([]);
    return this;
  }

  /** Somebody says one of the lines, which end in a full stop, "?" or "!". */
  speak(who, ...lines) {
    return this.say(quote(this.random, who, this.random.pick(lines)));
  }

  feel(who, feeling) {
    const { random } = this;
    const shown = showFeeling(random, feeling, who);
    return this.say(
      `${who.Name} was ${feeling}. ${who.human ? shown : shown.replace('clapped his hands', 'danced around').replace('clapped her hands', 'danced around')}`,
      `${who.Name} felt ${feeling}.`,
      `${who.Name} was very ${feeling}.`,
      `${who.Name} felt very ${feeling}.`,
    );
  }

  ask(question, answer) {
    this.questions.push({ question, answer });
    return this;
  }

  /** A word that a request for such a story could name. */
  topic(...words) {
    this.topics.push(...words);
    return this;
  }

  text() {
    return this.paragraphs
      .filter((sentences) => sentences.length > 0)
      .map((sentences) => sentences.join(' '))
      .join('\n');
  }
}

export function quote(random, who, line) {
  const end = line.at(-1);
  const verb = end === '?' ? 'asked' : end === '!' ? random.pick(['shouted', 'said', 'cried']) : 'said';
  const inside = end === '.' ? `${line.slice(0, -1)},` : line;
  return random.pick([`"${inside}" ${verb} ${who.name}.`, `"${inside}" ${verb} ${who.name}.`, `${who.Name} ${verb}, "${line}"`]);
}

/** Introduces the hero: who, what kind, perhaps where. */
export function open(tale, hero, place) {
  const { random } = tale;
  const plain = hero.human ? `${a(`little ${hero.noun}`)} named ${hero.name}` : hero.intro;
  const t = trait(random);
  const called = hero.name.startsWith('the ') ? '' : ` named ${hero.name}`;
  const kind = random.chance(0.7) ? plain : `${a(`${t} ${hero.noun}`)}${called}`;
  tale.topic(hero.human ? `${hero.noun} named ${hero.name}` : hero.noun);
  tale.say(
    `Once upon a time, there was ${kind}.`,
    `Once there was ${kind}.`,
    `Once upon a time, ${kind} lived ${place ?? (hero.human ? random.pick(['in a small house', 'in a small town', 'near a big forest', 'by the sea']) : (homes[hero.animal?.home] ?? 'in a small house'))}.`,
    `There was once ${kind}.`,
    `This is a story about ${kind}.`,
  );
  const again = random.pick(goodTraits);
  if (place === undefined && kind === plain)
    tale.maybe(
      0.5,
      `${hero.He} was very ${again}.`,
      `${hero.He} was ${again} and ${random.pick(['good', 'sweet', 'nice'])}.`,
      `Everyone liked ${hero.him}.`,
      `${hero.He} liked to ${random.pick(pastimes)}.`,
    );
  tale.ask('Who is the story about?', `The story is about ${kind}.`);
}

/** "One day", "One sunny morning", "On Sunday" */
export function when(tale) {
  const { random } = tale;
  return random.pick([
    'One day',
    'One day',
    `One ${random.pick(fineWeather).word} day`,
    `One ${random.pick(partsOfDay)}`,
    `One ${random.pick(fineWeather).word} ${random.pick(partsOfDay)}`,
    `On ${random.pick(days)}`,
    `One ${random.pick(['spring', 'summer', 'fall'])} day`,
  ]);
}

/** A good ending, with a question on the feeling. */
export function closeHappy(tale, hero, friend, feelings = ['happy', 'happy', 'glad']) {
  const feeling = tale.random.pick(feelings);
  if (friend) {
    tale.say(
      `${hero.Name} and ${friend.name} were ${feeling}.`,
      `${hero.Name} and ${friend.name} were ${feeling} and played until the sun went down.`,
      `From that day on, ${hero.name} and ${friend.name} were best friends, and they were ${feeling}.`,
      `They went home ${feeling}. ${hero.Name} and ${friend.name} had a good day.`,
    );
    tale.ask(`How did ${hero.name} and ${friend.name} feel at the end?`, `${hero.Name} and ${friend.name} felt ${feeling}.`);
  } else {
    tale.say(
      `${hero.Name} was ${feeling}.`,
      `${hero.Name} was very ${feeling}.`,
      `${hero.Name} went home and was ${feeling}.`,
      `At the end of the day, ${hero.name} was ${feeling}.`,
      `That night, ${hero.name} went to bed ${feeling}.`,
    );
    tale.ask(`How did ${hero.name} feel at the end?`, `${hero.Name} felt ${feeling}.`);
  }
}

/** A closing line that says what was learned. */
export function moral(tale, hero, ...lessons) {
  const lesson = tale.random.pick(lessons);
  const known = lesson.startsWith('to ') ? `that it is good ${lesson}` : lesson;
  tale.say(
    `${hero.Name} learned ${lesson}.`,
    `That day, ${hero.name} learned ${lesson}.`,
    ...(lesson.startsWith('not ') ? [] : [`${hero.Name} never forgot ${known}.`, `From that day on, ${hero.name} knew ${known}.`]),
  );
  tale.ask(`What did ${hero.name} learn?`, `${hero.Name} learned ${lesson}.`);
}
