// The page to watch and talk.

import { byId } from './dom.js';
import { Dock } from './dock.js';
import { Face } from './face.js';
import { listen, switchTheme } from './keys.js';

const kiosk = document.documentElement.dataset.mode === 'kiosk';
const face = new Face();
const dock = new Dock(face);

listen({
  Escape: () => face.details.open ? face.details.toggle(false) : kiosk || dock.interrupt(),
  ...(!kiosk && {
    i: () => face.details.toggle(), m: () => face.sound.turn(!face.sound.on), t: () => byId('talk').click() }),
});
switchTheme();
if (kiosk) addEventListener('pointerdown', () => face.sound.turn(true));
face.open();
