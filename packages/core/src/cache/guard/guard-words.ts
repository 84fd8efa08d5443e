/**
 * Words that the guard knows, lower case, of English, German, French, Spanish and Italian. A word that is in no list is a
 * word of content, and then every difference counts: a language without lists is guarded more strictly, not less. Words
 * that are empty in one language and full in another ("die", "sin", "man") are therefore in no list of empty ones.
 */
const words = (text: string): string[] => text.trim().split(/\s+/);

/** Lines of `value: form form`: every form means the value. */
function formsOf(lines: string): ReadonlyMap<string, string> {
  const forms = new Map<string, string>();
  for (const line of lines.trim().split('\n')) {
    const [value = '', all = ''] = line.split(':');
    for (const form of words(all)) forms.set(form, value.trim());
  }
  return forms;
}

export const NEGATIONS: ReadonlySet<string> = new Set(
  words(`no not never none nothing nobody nowhere neither nor without except unless cannot cant dont doesnt didnt isnt
    arent wasnt werent wont wouldnt shouldnt couldnt mustnt havent hasnt hadnt aint hardly
    nicht kein keine keinen keinem keiner keines nie niemals niemand nichts ohne weder außer
    pas jamais rien aucun aucune sans sauf
    nunca jamás nada nadie ningún ninguno ninguna tampoco salvo excepto
    non mai niente nulla nessun nessuno nessuna senza tranne
    não sem niet geen zonder не нет без никогда`),
);

/** Negates only where no other negation follows: "ne ... pas" is one. */
export const HALF_NEGATION = 'ne';

/** Negations that are parts of words. */
export const NEGATED_CJK = /ない|なかった|なく|ません|なし|無し|ずに|[不没沒无無别別未非勿莫]|안\s|못|없|않|아니/gu;

export const NUMBERS = formsOf(`
0: zero null zéro cero
1: eins
2: two both couple pair zwei beide deux dos
3: three drei trois tres tre
4: four vier quatre cuatro quattro
5: five fünf cinq cinco cinque
6: six sechs seis sei
7: seven sieben sept siete sette
8: eight acht huit ocho otto
9: nine neun neuf nueve nove
10: ten zehn dix diez dieci
11: eleven elf onze undici
12: twelve zwölf douze doce dodici dozen dutzend
13: thirteen dreizehn treize trece tredici
14: fourteen vierzehn quatorze catorce quattordici
15: fifteen fünfzehn quinze quince quindici
16: sixteen sechzehn seize dieciséis sedici
17: seventeen siebzehn diecisiete diciassette
18: eighteen achtzehn dieciocho diciotto
19: nineteen neunzehn diecinueve diciannove
20: twenty zwanzig vingt veinte venti
30: thirty dreißig trente treinta trenta
40: forty vierzig quarante cuarenta quaranta
50: fifty fünfzig cinquante cincuenta cinquanta
60: sixty sechzig soixante sesenta sessanta
70: seventy siebzig setenta settanta
80: eighty achtzig ochenta ottanta
90: ninety neunzig noventa novanta
100: hundred hundert cent cien ciento cento
1000: thousand tausend mille
1e6: million millions millionen millón millones milione milioni
1e9: billion billions milliarde milliarden milliard
half: half halb halbe halben demi demie medio media mezzo mezza
quarter: quarter viertel quart cuarto quarto
x2: double twice doppelt zweimal deux-fois doble doppio
x3: triple thrice dreimal
single: single
1st: first erste ersten erster erstes premier première primer primero primera primo prima
2nd: second zweite zweiten zweiter deuxième segundo segunda secondo seconda
3rd: third dritte dritten dritter troisième tercer tercero tercera terzo terza
4th: fourth vierte vierten
5th: fifth fünfte fünften
6th: sixth
7th: seventh
8th: eighth
9th: ninth
10th: tenth
`);

/** Times and dates. */
export const DATES = formsOf(`
mo: monday mondays montag montags lundi lunes lunedì
tu: tuesday tuesdays dienstag dienstags mardi martes martedì
we: wednesday wednesdays mittwoch mercredi miércoles mercoledì
th: thursday thursdays donnerstag jeudi jueves giovedì
fr: friday fridays freitag freitags vendredi viernes venerdì
sa: saturday saturdays samstag sonnabend samedi sábado sabato
su: sunday sundays sonntag sonntags dimanche domingo domenica
1m: january jan januar jänner janvier enero gennaio
2m: february feb februar février febrero febbraio
3m: march märz mars marzo
4m: april avril abril aprile
5m: mai mayo maggio
6m: june juni juin junio giugno
7m: july juli juillet julio luglio
8m: august août agosto
9m: september sept. septembre septiembre settembre
10m: october oct oktober octobre octubre ottobre
11m: november nov novembre noviembre
12m: december dec dezember décembre diciembre dicembre
today: today heute aujourd'hui hoy oggi 今日 今天
tomorrow: tomorrow demain mañana domani 明日 明天
yesterday: yesterday gestern hier ayer ieri 昨日 昨天
tonight: tonight
day: day days daily tag tage tagen täglich jour jours día días giorno giorni
week: week weeks weekly woche wochen wöchentlich semaine semaines semana semanas settimana settimane
month: month months monthly monat monate monaten monatlich mois mes meses mese mesi
year: year years yearly annual annually jahr jahre jahren jährlich année années año años anno anni
weekend: weekend weekends wochenende
weekday: weekday weekdays
morning: morning mornings morgens vormittag matin mattina mañanas
noon: noon midday mittag mittags midi mediodía mezzogiorno
afternoon: afternoon afternoons nachmittag après-midi tarde pomeriggio
evening: evening evenings abend abends soir noche sera
night: night nights nacht nachts nuit notte
midnight: midnight mitternacht minuit medianoche mezzanotte
spring: frühling printemps primavera
summer: summer sommer été verano estate
autumn: autumn herbst automne otoño autunno
winter: winter hiver invierno inverno
ago: ago
`);

/** Said of a time, they tell which; said of anything else, they are words of content. */
export const WHICH_TIME: ReadonlySet<string> = new Set(
  words(
    'last next this every each past coming previous letzte letzten nächste nächsten diese diesen jede jeden dernier dernière prochain prochaine próximo próxima prossimo prossima scorso scorsa',
  ),
);

/** After these "may" is a month. */
export const BEFORE_MAY: ReadonlySet<string> = new Set(
  words('in of on by until till since from to last next this late early mid'),
);

export const UNITS = formsOf(`
km: km kilometer kilometers kilometre kilometres kilometern kilomètre kilomètres kilómetro kilómetros chilometro chilometri
m: meter meters metre metres metern mètre mètres metro metros metri
cm: cm centimeter centimeters centimetre centimetres zentimeter
mm: mm millimeter millimeters millimetre
mi: mile miles meile meilen milla millas miglio miglia
ft: feet foot
in: inch inches zoll pouce pouces pulgada pulgadas pollici
yd: yard yards
kg: kg kilo kilos kilogram kilograms kilogramm kilogramme kilogrammes kilogramos
g: gram grams gramm gramme grammes gramo gramos grammi
mg: mg milligram milligrams milligramm
lb: lb lbs pounds
oz: oz ounce ounces unze unzen
t: ton tons tonne tonnes tonnen
l: liter liters litre litres litern litro litros litri
ml: ml milliliter milliliters millilitre
gal: gallon gallons gallone gallonen
cup: cup cups
tsp: teaspoon teaspoons tsp teelöffel
tbsp: tablespoon tablespoons tbsp esslöffel
c: celsius centigrade
f: fahrenheit
k: kelvin
s: sec secs seconds sekunde sekunden secondes segundos secondi
min: minute minutes min mins minuten minuto minutos minuti
h: hour hours hr hrs stunde stunden heure heures hora horas ora ore
usd: dollar dollars usd bucks
eur: euro euros eur
gbp: gbp
yen: yen jpy
percent: percent prozent pourcent
kb: kb kilobyte kilobytes
mb: mb megabyte megabytes
gb: gb gigabyte gigabytes
tb: tb terabyte terabytes
mph: mph
kmh: kmh kph
degree: degree degrees grad
am: am a.m
pm: pm p.m
`);

/** Units only behind a number. */
export const SHORT_UNITS = formsOf(`
m: m
g: g
l: l
t: t
s: s second
h: h
ft: ft
in: in
c: c
f: f
k: k
thousand: tsd
million: mio mn
billion: bn
`);

export const SIGNS: ReadonlyMap<string, string> = new Map([
  ['$', 'usd'],
  ['€', 'eur'],
  ['£', 'gbp'],
  ['¥', 'yen'],
  ['%', 'percent'],
]);

/** What is asked for. */
export const INTERROGATIVES = formsOf(`
what: what whats was quoi qué cosa
which: which welche welcher welches welchen quel quelle quels quelles cuál cuáles quale quali
who: who whom whos wer wen wem qui quién quiénes chi
whose: whose wessen
when: when wann quand cuándo quando
where: where wo woher wohin où dónde dove
why: why warum wieso weshalb pourquoi perché
how: how hows wie comment cómo come
amount: combien cuánto cuánta cuántos cuántas quanto quanta quanti quante
`);

/** Whose, and to whom. */
export const PERSONS = formsOf(`
1: i me my mine we us our ours myself im ive ich mich mir mein meine meinen meinem meiner wir uns unser unsere je moi mon ma mes nous notre yo mi mí mis nosotros nuestro io mio mia
2: you your yours yourself youre du dich dir dein deine sie ihnen tu toi ton ta tes vous votre tú tus usted
3: they them their theirs leur leurs son sa ses su sus
3m: he him his er ihm sein seine il él lui
3f: she her hers ihr ihre elle ella lei
`);

/** When, and whether it may or must be. */
export const MODES = formsOf(`
past: did was were had
future: will shall gonna wird werden werde
can: can could kann können könnte puis peut peux puedo puede posso può
should: should ought soll sollte sollen
must: must muss müssen dois doit debo debe devo deve
may: may might darf dürfen
`);

/** Between words, they say which does what to which. */
export const RELATIONS: ReadonlySet<string> = new Set(
  words(`from to into onto before after than until till since over under above below against via toward towards for
    in on at with about
    von nach aus vor für gegen bis zu zum zur im am mit auf
    de des du à au vers avant après pour contre par depuis dans en
    desde hacia hasta por para contra
    da dal verso per dopo nel nella`),
);

/** A relation whose absence says as much as its presence. */
export const STRONG_RELATION = 'by';

/** Behind the word that they relate. */
export const PARTICLES: ReadonlySet<string> = new Set(['が', 'を', 'に', 'へ', 'から', 'まで', 'より', 'と']);

/** Said or not said, the question is the same. */
export const EMPTY: ReadonlySet<string> = new Set(
  words(`a an the is are be been being am do does done has have having that these those there here it its as of
    and if then so too very just please pls hey hi hello ok okay thanks thank kindly really actually would
    want wanna tell know any some let lets also
    der das dem den ein eine einen einem einer und ist sind bitte mal doch denn ob
    le la les un une et est sont s'il plaît svp ce cette ça y se
    el los las una unos unas es son al del lo
    gli uno è sono alla di del della`),
);

/** Empty in one language and full in another: they count as words of content beside what else they are. */
export const FULL_AS_WELL: ReadonlySet<string> = new Set(
  words(
    'come tu sept elf mars prima media estate sera hier ton son mine wo mes tag grad metro cup foot pounds early past each',
  ),
);

/** Words that are empty in every list above but mean the opposite of each other. */
export const OPPOSITES: readonly (readonly [readonly string[], readonly string[]])[] = `
on - off
in - out
up higher more increase raise - down lower less fewer decrease reduce
before - after
over above - under below
highest most maximum max - lowest least minimum min
always - never ever
all every everything everybody everyone - none some any nothing nobody
open opening opened - close closing closed shut
start starting begin - stop end cancel
add insert include - remove delete exclude
enable activate - disable deactivate
lock - unlock
buy - sell
send - receive
borrow - lend
deposit - withdraw
credit - debit
arrive arrival arrivals - depart departure departures
upload - download
import - export
show - hide
hot - cold
best - worst
good better - bad worse
left - right
north - south
east - west
first earliest - last latest
early earlier - late later
long longer - short shorter
big bigger - small smaller
fast faster - slow slower
cheap cheaper cheapest - expensive dearest
old - new
true - false
yes - no
accept approve allow - decline reject deny block
win - lose
love like - hate dislike
public - private
input - output
an ein einschalten - aus ausschalten
auf öffnen offen geöffnet - zu schließen geschlossen
vor vorher - nach nachher
mehr höher - weniger niedriger
oben - unten
links - rechts
kaufen - verkaufen
immer - nie
anfang beginn - ende
größte höchste meiste - kleinste niedrigste wenigste
alt - neu
heiß warm - kalt
`
  .trim()
  .split('\n')
  .map((line) => {
    const [left = '', right = ''] = line.split(' - ');
    return [words(left), words(right)] as const;
  });

export const NEGATING_PREFIX = /^(?:un|in|im|ir|il|dis|non|de|mis)(?=\p{L}{3})/u;
