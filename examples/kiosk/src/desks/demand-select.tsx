import { useId } from 'preact/hooks';
import { useKiosk, useSettings, useTexts } from '../kiosk/kiosk.js';
import { DEMANDS } from '../settings/settings.js';

/** How sure an answer has to be; it counts from the next question on. */
export function DemandSelect() {
  const { settings: kept } = useKiosk();
  const { demand } = useSettings();
  const { texts } = useTexts();
  const id = useId();
  return (
    <div class="demand">
      <label for={id}>{texts.demand}</label>
      <select
        id={id}
        value={demand}
        onChange={({ currentTarget: { value } }) => {
          kept.change({ demand: DEMANDS.find((each) => each === value) ?? 'usual' });
        }}
      >
        {DEMANDS.map((each) => (
          <option key={each} value={each}>
            {texts.demands[each]}
          </option>
        ))}
      </select>
    </div>
  );
}
