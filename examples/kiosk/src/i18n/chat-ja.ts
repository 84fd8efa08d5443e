import type { ChatTexts } from './chat-en.js';

export const CHAT_JA: ChatTexts = {
  chat: 'これまでの会話',
  message: 'メッセージ',
  send: '送る',
  stop: '止める',
  clear: '会話を消す',
  opening: '書けるモデルを探しています…',
  held: '書いています。十分に確かになったら表示します…',
  stopped: '止めました。書かれたところまで残ります。',
  failed: '答えがありません',
  sure: (percent) => `正しい見込み ${percent}`,
  unmeasured: 'どのくらい確かかは、まだ測られていません。',
  unsure: '求められた確かさに届きません',
  why: 'だれが書いたか、その理由',
  ladder: 'この答えの段 (小さい順)',
  states: {
    waiting: '待機中',
    held: '書いています (まだ表示しません)',
    writing: '書いています',
    wrote: '最後まで書きました',
    left: '途中で替わりました',
    failed: '失敗しました',
    'not-needed': '不要でした',
  },
  unseen: '表示される前に',
  handedOver: '次の段が続きを書きました',
  reasons: {
    context: '書ける長さが残っていませんでした',
    failed: '途中で止まりました',
  },
  spent: (tokens, firstToken) => `${tokens} トークン、最初は ${firstToken} 後`,
};
