import { useId } from 'preact/hooks';
import { SUGGESTIONS } from '../desks/desks.js';
import { useKiosk, useSettings, useTexts } from '../kiosk/kiosk.js';

/** Questions to tap. */
export function Suggestions() {
  const { conversation } = useKiosk();
  const settings = useSettings();
  const { texts, language } = useTexts();
  const titleId = useId();
  return (
    <section class="suggestions" aria-labelledby={titleId}>
      <h2 id={titleId}>{texts.suggestions}</h2>
      <ul>
        {SUGGESTIONS[settings.desk].map(({ text, meaning, shows }) => (
          <li key={text}>
            <button type="button" class="chip" onClick={() => void conversation.ask(text, settings)}>
              <span lang="en">{text}</span>
              {shows && <span class="tag">{texts.shows[shows]}</span>}
              {language === 'ja' && <span class="meaning">{meaning}</span>}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
