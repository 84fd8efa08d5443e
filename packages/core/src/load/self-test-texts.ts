/** What a model without golden data is asked: of several lengths, and not in one language only. */
export const SELF_TEST_TEXTS: readonly string[] = [
  'good morning',
  'where is my parcel and when will it arrive',
  'the film was terrible, i would not watch it again',
  'Der Motor läuft warm und macht Geräusche.',
  'reset the press after an emergency stop, then check the oil level and write down the pressure',
  'la commande numéro 4711 est arrivée',
];
