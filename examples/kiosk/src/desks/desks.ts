import type { DeskId } from '../settings/settings.js';

/** A question to tap. The models read English: the Japanese page shows what it means beside it. */
interface Suggestion {
  readonly text: string;
  readonly meaning: string;
  /** What it shows, where that is more than an answer. */
  readonly shows?: 'climbs' | 'unsure' | 'out-of-scope';
}

/** Questions of each domain: most are answered by the smallest model, some climb, some nobody here can answer. */
export const SUGGESTIONS: Readonly<Record<DeskId, readonly Suggestion[]>> = {
  clinc150: [
    { text: 'How do I freeze my account?', meaning: '口座を凍結するには?' },
    { text: 'My suitcase never arrived at the airport', meaning: 'スーツケースが空港に届かない' },
    { text: 'Do I need an adapter for the sockets in Japan?', meaning: '日本のコンセントに変換プラグは必要?' },
    { text: 'How many days of vacation do I have left?', meaning: '有給休暇は何日残っている?' },
    {
      text: 'Someone used my card in a shop I’ve never been to',
      meaning: '行ったことのない店でカードが使われた',
      shows: 'climbs',
    },
    { text: 'What is the tallest mountain on Mars?', meaning: '火星で一番高い山は?', shows: 'out-of-scope' },
  ],
  banking77: [
    { text: 'The machine kept my card', meaning: 'ATM からカードが出てこない' },
    { text: 'Why was I charged twice?', meaning: 'なぜ二重に請求された?' },
    { text: 'Can my daughter open an account?', meaning: '娘は口座を開ける?' },
    { text: 'I was given less cash than I asked for', meaning: '引き出した現金が足りない' },
    {
      text: 'How do I get a throwaway card for shopping online?',
      meaning: 'ネットで一度だけ使うカードを作るには?',
      shows: 'climbs',
    },
    { text: 'Why is my money not there yet?', meaning: 'なぜお金がまだ届かない?', shows: 'unsure' },
  ],
};
