/** Plots among people: letters, shows, stalls, streets, doctors, baths. */
import { child, creature, grownUp, pair, pet, worker } from '../cast.mjs';
import { a, cap } from '../grammar.mjs';
import { closeHappy, moral, open, when } from '../tale.mjs';
import { tinyAnimals } from '../words/animals.mjs';
import { plainColours } from '../words/things.mjs';
import { days } from '../words/weather.mjs';

export function letter(tale, random) {
  const hero = child(random);
  const to = grownUp(random);
  const far = random.pick(['in the city', 'by the sea', 'on a farm', 'on the other side of the mountain', 'on an island']);
  const news = random.pick(['I lost a tooth', 'we have a new puppy', 'I can swim now', 'I am seven now', 'our hen has chicks', 'I miss you']);
  const gift = random.pick(['a picture', 'a shell', 'a feather', 'a dry leaf', 'a red ribbon', 'a photo']);
  const reply = random.pick(['a postcard', 'a long letter', 'a box of cookies', 'a warm scarf', 'a book']);
  open(tale, hero);
  tale.topic('letter');
  tale.say(`${to.Name} lived ${far}.`, `${to.Name} lived far away, ${far}.`);
  tale.ask(`Where did ${to.name} live?`, `${to.Name} lived ${far}.`);
  tale.say(`${when(tale)}, ${hero.name} wrote a letter.`, `${when(tale)}, ${hero.name} took a pencil and some paper and wrote a letter.`);
  tale.say(`"Dear ${to.name}, ${news}. Love, ${hero.name}."`);
  tale.say(`${hero.He} put ${gift} in the letter too.`, `With the letter, ${hero.he} sent ${gift}.`);
  tale.ask(`What did ${hero.name} put in the letter?`, `${hero.Name} put ${gift} in the letter.`);
  tale
    .paragraph()
    .say(
      `${hero.Name} waited for ${random.pick(['two', 'three', 'four', 'five', 'six'])} days.`,
      `Every morning, ${hero.he} looked in the mailbox.`,
      `The mailman came on ${random.pick(days)}, but there was nothing for ${hero.name}.`,
    );
  tale.say(`Then ${reply} came from ${to.name}.`, `At last, the mailman brought ${reply} from ${to.name}.`);
  tale.ask(`What did ${to.name} send?`, `${to.Name} sent ${reply}.`);
  tale.say(`${hero.Name} jumped up and down.`, `${hero.Name} showed it to everyone.`, `"${to.name} did not forget me!" said ${hero.name}.`);
  closeHappy(tale, hero);
}

export function show(tale, random) {
  const [hero, friend] = pair(random, 0);
  const [act, slip, help] = random.pick([
    ['sing a song', 'forgot the words', 'sang the first line very softly'],
    ['dance', 'fell over', 'held out a hand'],
    ['play the drum', 'dropped the stick', 'picked up the stick'],
    ['read a poem', 'forgot the words', 'said the first word very softly'],
    ['do a magic trick', 'dropped the cards', 'picked up the cards'],
    ['play the piano', 'hit the wrong key', 'smiled and nodded'],
  ]);
  open(tale, hero);
  tale.topic('school show');
  tale.say(`There was a show at the school, and ${hero.name} wanted to ${act}.`, `${hero.Name} had to ${act} in the school show.`);
  tale.ask(`What did ${hero.name} do in the show?`, `${hero.Name} wanted to ${act} in the show.`);
  tale.say(`${hero.He} practiced every day.`, `All week, ${hero.he} practiced in ${hero.his} room.`);
  tale.say(`On the day of the show, the room was full of people.`, `Then the big day came. Everyone was looking at ${hero.him}.`);
  tale.say(`${hero.Name} was so nervous that ${hero.he} ${slip}.`, `${hero.Name} went up on the stage and ${slip}.`);
  tale.paragraph().say(`It was very quiet. ${friend.Name} ${help}.`, `${hero.Name} wanted to run away. But ${friend.name} ${help}.`);
  tale.ask(`Who helped ${hero.name}?`, `${friend.Name} helped ${hero.name}.`);
  tale.say(`Then ${hero.name} started again, and it went well.`, `${hero.Name} took a deep breath and tried again. This time it was good.`);
  tale.say(`Everyone clapped.`, `The people clapped and clapped.`, `"Bravo!" shouted the people.`);
  if (random.chance(0.4)) moral(tale, hero, 'not to give up', 'that a friend helps', 'to try again');
  else closeHappy(tale, hero, undefined, ['proud', 'happy', 'proud and happy']);
}

export function lostInTown(tale, random) {
  const hero = child(random);
  const adult = grownUp(random);
  const place = random.pick(['market', 'zoo', 'park', 'library', 'fair', 'train station']);
  const looked = random.pick(['a clown with balloons', 'a big red bus', 'a little dog', 'a man with a violin', 'the toys in a window', 'a parrot']);
  const helper = worker(random);
  const sign = random.pick(plainColours);
  open(tale, hero);
  tale.topic(place);
  tale.say(`${when(tale)}, ${hero.name} went to the ${place} with ${adult.name}.`, `${when(tale)}, ${adult.name} took ${hero.name} to the ${place}.`);
  tale.say(`${hero.Name} stopped to look at ${looked}.`, `${hero.Name} saw ${looked} and stopped.`);
  tale.ask(`What did ${hero.name} look at?`, `${hero.Name} looked at ${looked}.`);
  tale.say(`When ${hero.he} turned around, ${adult.name} was gone.`, `Then ${hero.he} could not see ${adult.name} anymore.`);
  tale.ask(`Who was gone?`, `${adult.Name} was gone.`);
  tale.feel(hero, 'scared');
  tale.paragraph().say(`${cap(helper.intro)} saw ${hero.him}.`, `Then ${helper.intro} came by.`);
  tale.speak(helper, 'Are you lost?', 'Why are you crying?', 'Can I help you?');
  tale.speak(hero, `I can not find ${adult.name}.`, `I lost ${adult.name}.`);
  tale.speak(helper, `What does ${adult.name} look like?`, 'Stay here with me. We will wait.', 'Do not be scared. We will look together.');
  tale.say(
    `"${adult.name} has a ${sign} coat," said ${hero.name}. Soon they saw the ${sign} coat.`,
    `They waited by the gate. Soon ${adult.name} came.`,
    `They called, and ${adult.name} heard them.`,
  );
  tale.say(`${adult.Name} hugged ${hero.him}.`, `"There you are!" said ${adult.name}.`);
  tale.ask(`Who helped ${hero.name}?`, `${helper.Name} helped ${hero.name}.`);
  if (random.chance(0.5)) moral(tale, hero, 'to stay close', `to stay with ${adult.name}`, 'to ask for help');
  else closeHappy(tale, hero);
}

export function stall(tale, random) {
  const [hero, friend] = pair(random, 0.15);
  const goods = random.pick(['lemonade', 'cookies', 'flowers', 'apples', 'pictures', 'paper hats']);
  const price = random.pick(['one coin', 'two coins', 'three coins']);
  const buy = random.pick(['a new ball', 'a kite', 'seeds for the garden', 'food for the birds', 'a present for Mom', 'a book']);
  const visitor = worker(random);
  open(tale, hero);
  tale.topic(goods);
  tale.say(`${hero.Name} wanted to buy ${buy}, but ${hero.he} had no money.`, `${hero.Name} and ${friend.name} wanted to buy ${buy}.`);
  tale.ask(`What did ${hero.name} want to buy?`, `${hero.Name} wanted to buy ${buy}.`);
  tale.speak(friend, `We can sell ${goods}.`, `Let us sell ${goods}!`, `People like ${goods}. We can sell some.`);
  tale.ask('What did they sell?', `They sold ${goods}.`);
  tale.say(`They put a table by the street. A sign said: ${cap(goods)}, ${price}.`, `They made a sign. It said: ${cap(goods)}, ${price}.`);
  tale.say(`At first, no one came.`, `They waited a long time.`, '');
  tale.paragraph().say(`Then ${visitor.intro} came and bought some ${goods}.`, `The first to come was ${visitor.intro}. "How nice!" said ${visitor.name}.`);
  tale.ask(`Who came first?`, `${visitor.Name} came first.`);
  tale.say(`Soon there was a long line.`, `More and more people came.`, `After an hour, everything was gone.`);
  tale.say(`They counted the coins. It was enough!`, `The jar was full of coins.`);
  tale.say(`They ran to the shop and bought ${buy}.`, `The next day, they bought ${buy}.`);
  closeHappy(tale, hero, friend, ['proud', 'happy', 'glad']);
}

export function tooth(tale, random) {
  const hero = child(random);
  const adult = grownUp(random);
  const [part, why, cure] = random.pick([
    ['tooth', 'ate too much candy', 'fixed the tooth'],
    ['ear', 'swam in cold water', 'gave {him} drops for the ear'],
    ['throat', 'ran in the rain without a coat', 'gave {him} warm tea with honey'],
    ['tummy', 'ate green apples', 'gave {him} medicine'],
  ]);
  open(tale, hero);
  tale.topic('doctor');
  tale.say(`${when(tale)}, ${hero.name} ${why}.`, `${hero.Name} ${why}. ${adult.Name} said that it was not a good idea.`);
  tale.say(`The next morning, ${hero.his} ${part} hurt.`, `That night, ${hero.his} ${part} hurt a lot.`);
  tale.ask(`What hurt?`, `${hero.His} ${part} hurt.`);
  tale.ask(`Why did it hurt?`, `It hurt because ${hero.name} ${why}.`);
  tale.speak(adult, 'We have to see the doctor.', 'The doctor will help you.', 'Let us go to the doctor.');
  tale.speak(hero, 'I do not want to go!', 'Will it hurt?', 'Please come with me.');
  tale.paragraph().say(`The doctor was very kind. "Open your mouth," said the doctor.`, `The doctor smiled and asked, "Where does it hurt?"`);
  tale.say(`Then the doctor ${cure.replace('{him}', hero.him)}.`, `The doctor ${cure.replace('{him}', hero.him)}, and it did not hurt anymore.`);
  tale.say(`"You were very brave," said the doctor, and gave ${hero.him} a ${random.pick(['sticker', 'balloon', 'little toy'])}.`, `"That was easy!" said ${hero.name}.`);
  if (random.chance(0.5)) moral(tale, hero, 'that doctors help', 'to listen', `to take care of ${hero.his} ${part}`);
  else closeHappy(tale, hero);
}

export function bath(tale, random) {
  const hero = child(random);
  const animal = pet(random, []);
  const dirt = random.pick(['rolled in the mud', 'jumped into a puddle', 'fell into the paint', 'dug a hole in the garden', 'ran through the wet grass']);
  const spot = random.pick(['under the bed', 'behind the shed', 'under the table', 'behind the couch', 'up in a tree']);
  const trick = random.pick([`a bowl of food`, 'a toy', `some ${animal.noun === 'cat' || animal.noun === 'kitten' ? 'milk' : 'meat'}`, 'a soft song']);
  open(tale, hero);
  tale.topic(`dirty ${animal.noun}`);
  tale.say(`${hero.Name} had ${animal.intro}.`);
  tale.say(`${when(tale)}, ${animal.name} ${dirt}.`);
  tale.ask(`What did ${animal.name} do?`, `${animal.Name} ${dirt}.`);
  tale.say(`Now ${animal.he} was very dirty.`, `${animal.He} was dirty from head to tail.`);
  tale.speak(hero, 'You need a bath!', 'Look at you! You are so dirty.', 'Come here. It is time for a bath.');
  tale.say(`But ${animal.name} did not like water and ran away.`, `${animal.Name} saw the water and ran away.`);
  tale.paragraph().say(`${animal.He} hid ${spot}.`, `${hero.Name} looked everywhere. At last, ${hero.he} found ${animal.him} ${spot}.`);
  tale.ask(`Where did ${animal.name} hide?`, `${animal.Name} hid ${spot}.`);
  tale.say(`${hero.Name} got ${animal.him} out with ${trick}.`);
  tale.say(`Then ${hero.he} washed ${animal.him} with soap. There were bubbles everywhere.`, `Soon ${animal.he} was in the bath, full of bubbles.`);
  tale.say(`${animal.Name} shook, and now ${hero.name} was wet too!`, `At the end, ${animal.name} was clean, but ${hero.name} was wet.`, `Now ${animal.name} was clean and soft.`);
  tale.say(`${hero.Name} laughed.`, '');
  closeHappy(tale, hero);
}

export function bug(tale, random) {
  const hero = child(random);
  const small = creature(
    random,
    tinyAnimals.filter((each) => ['ant', 'bee', 'frog', 'mouse'].includes(each.noun)),
    undefined,
    [],
  );
  const place = random.pick(['in the kitchen', 'in the bedroom', 'at the school', 'in the bathroom', 'on the bus']);
  open(tale, hero);
  tale.topic(small.noun);
  tale.say(`${when(tale)}, ${hero.name} saw ${a(small.noun)} ${place}.`, `${when(tale)}, there was ${a(small.noun)} ${place}.`);
  tale.ask(`Where was the ${small.noun}?`, `The ${small.noun} was ${place}.`);
  tale.say(`Everyone screamed and jumped on the chairs.`, `"Get it out!" everyone shouted.`, `Some people were scared.`);
  tale.say(`But ${hero.name} was calm. "It is only ${a(small.noun)}," ${hero.he} said.`, `But ${hero.name} was not scared. "It is more scared than we are," ${hero.he} said.`);
  tale
    .paragraph()
    .say(`${hero.He} put a cup over it and took it outside.`, `${hero.He} opened the window and let it out.`, `Slowly, ${hero.he} picked it up and took it to the garden.`);
  tale.say(`The ${small.noun} was free.`, `The ${small.noun} went home to its family.`);
  tale.say(`"You are so brave," said everyone.`, `Everyone clapped.`, '');
  closeHappy(tale, hero, undefined, ['proud', 'happy']);
}
