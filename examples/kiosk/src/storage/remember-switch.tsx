import { useKiosk, useSettings, useTexts } from '../kiosk/kiosk.js';
import { Switch } from '../ui/switch.js';

/** Whether questions that were asked before are answered from memory. */
export function RememberSwitch() {
  const { session, settings: kept } = useKiosk();
  const { remembers } = useSettings();
  const { texts } = useTexts();
  const change = (checked: boolean): Promise<unknown> => {
    kept.change({ remembers: checked });
    return checked ? session.remember() : session.forget();
  };
  return <Switch label={texts.remember} hint={texts.rememberHint} checked={remembers} onChange={change} />;
}
