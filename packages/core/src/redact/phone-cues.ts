/** How much of the text before a number is read for what it says about the number. */
export const CUE_UNITS = 40;

const DEVICES =
  'tel|t[eé]l[eé](?:fon|phone|fono|fone)|phone|mobile|cell(?:phone)?|fax|handy(?:nummer)?|mobil|m[oó]vil|cellulare|portable|' +
  'whatsapp|sms|hotline|тел|телефон|電話|電話番号|携帯|携帯番号|連絡先|ファックス|电话|手机|전화|휴대폰';
const LINKS = 'no|nr|num(?:ber|mer|[eé]ro)|番号|号码|번호|is|ist|est|es|は|at|unter|:|\\.|=|-|\\(';

const PHONE = new RegExp(`(?:^|[^a-zà-ÿ])(?:${DEVICES})(?: ?(?:${LINKS})){0,3} ?$`, 'i');
/** Someone asks to be called on what follows. */
const CALL =
  /(?:^|[^a-z])(?:call|ring|text|phone|reach|dial)(?: (?:me|us|him|her|them))?(?: back)?(?: (?:at|on|under))? ?:? ?$/i;

const OTHER =
  'order|invoice|ref|reference|ticket|case|tracking|serial|article|artikel|part|item|account|isbn|issn|ean|upc|gtin|sku|id|' +
  'bestell|rechnungs?|kunden|auftrags?|commande|facture|pedido|ordine|注文|伝票|品番|受注|製造|商品|会員|订单|주문';
const CODE = new RegExp(
  `(?:#|№|n°|(?:^|[^a-zà-ÿ])(?:${OTHER})[-_ ]?(?:no|nr|num(?:ber|mer|[eé]ro)|id|code|番号|号|번호)?)(?: ?(?:is|ist|est|は|:|\\.|=|#)){0,2} ?$`,
  'i',
);

/** Whether the text before a number says that it is a telephone number. */
export const announcesPhone = (before: string): boolean => PHONE.test(before) || CALL.test(before);

/** Whether the text before a number says that it is one of an order, an article or the like. */
export const announcesCode = (before: string): boolean => CODE.test(before);
