/** [adjective, a sentence, what one can do in it] */
export const weathers = [
  {
    word: 'sunny',
    told: ['The sun was bright.', 'The sky was blue.', 'It was warm and sunny.'],
    fine: true,
  },
  { word: 'warm', told: ['The air was warm.', 'It was a lovely warm day.'], fine: true },
  { word: 'windy', told: ['The wind was strong.', 'The wind blew the leaves around.'], fine: true },
  {
    word: 'rainy',
    told: ['It was raining.', 'Rain fell from the gray sky.', 'The ground was wet.'],
    fine: false,
  },
  { word: 'cold', told: ['It was very cold.', 'The air was cold.'], fine: false },
  {
    word: 'snowy',
    told: ['Snow fell from the sky.', 'The trees were white with snow.'],
    fine: false,
  },
  {
    word: 'cloudy',
    told: ['There were gray clouds in the sky.', 'The sun was behind the clouds.'],
    fine: true,
  },
  { word: 'stormy', told: ['There was a big storm.', 'The thunder was loud.'], fine: false },
];
export const fineWeather = weathers.filter((weather) => weather.fine);
export const seasons = ['spring', 'summer', 'fall', 'winter'];
export const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
export const partsOfDay = ['morning', 'afternoon', 'evening'];
