import { render } from 'preact';
import { App } from './app.js';
import { createKiosk } from './kiosk/kiosk.js';

const place = document.querySelector('#page')!;
// The page can be typed into before this script is here: nothing of that is lost.
const typed = place.querySelector('input')!;
const begun = { text: typed.value, hasFocus: document.activeElement === typed };
const kiosk = createKiosk();
place.replaceChildren();
render(<App kiosk={kiosk} begun={begun} />, place);
// What computes comes after what is seen.
requestAnimationFrame(() => setTimeout(() => void kiosk.session.open(kiosk.settings.value)));
