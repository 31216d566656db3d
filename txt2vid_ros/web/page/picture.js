// How the picture lies in the window: as large as can be without losing what matters, on a ground
// made of itself.

import { byId } from './dom.js';

// Of width and height, how much may be lost. A face is in the middle, with air at its sides.
const CROP = { x: 0.3, y: 0.26 };
const GROUND_EVERY = 3000;

export class Picture {
  #video = byId('face');
  #stage = byId('stage');
  #dock = byId('dock');
  #ambient = byId('ambient').getContext('2d');

  constructor(crop = CROP) {
    this.crop = crop;
    this.#video.addEventListener('resize', () => this.fit());
    new ResizeObserver(() => this.fit()).observe(this.#stage);
    new ResizeObserver(() => this.fit()).observe(this.#dock);
    const still = matchMedia('(prefers-reduced-motion: reduce)');
    setInterval(() => { if (!still.matches && !document.hidden) this.paint(); }, GROUND_EVERY);
  }

  /** Lay the picture out anew. */
  fit() {
    const { clientWidth: width, clientHeight: all } = this.#stage;
    const dock = this.#dock.offsetHeight ? innerHeight - this.#dock.offsetTop : 0;
    document.documentElement.style.setProperty('--dock', `${dock}px`);
    const ratio = (this.#video.videoWidth || 4) / (this.#video.videoHeight || 3);
    const upright = width < all * 0.8;
    const bare = document.documentElement.dataset.mode === 'kiosk';
    // Upright there is room for the dock below the picture, and one that must be whole needs it.
    const height = (upright || !this.crop.y) && !bare ? all - dock : all;
    const shape = place(width, height, ratio, this.crop);
    const before = this.#stage.dataset.fade;
    this.#stage.dataset.fade = shape.fade;
    if (shape.fade !== before) this.paint();
    for (const side of ['left', 'top', 'width', 'height']) {
      this.#video.style[side] = `${Math.round(shape[side])}px`;
    }
  }

  /** Show the picture, and the ground behind it. */
  begin() {
    this.fit();
    this.paint();
    this.#stage.dataset.picture = '';
  }

  paint() {
    if (this.#video.readyState < 2 || !this.#stage.dataset.fade) return;
    const { width, height } = this.#ambient.canvas;
    this.#ambient.filter = 'blur(2px)';
    this.#ambient.drawImage(this.#video, -3, -3, width + 6, height + 6);
  }
}

/**
 * Return where a picture of this shape lies that may lose `crop` of itself: `left`, `top`, `width`
 * and `height` of its window, and the sides on which it ends before the window does: 'x', 'y' or ''.
 */
function place(width, height, ratio, crop) {
  const cover = Math.max(width, height * ratio); // the width at which nothing is left free
  const most = Math.min(width / (1 - crop.x), height * ratio / (1 - crop.y));
  const wide = Math.max(Math.min(cover, most), Math.min(width, height * ratio));
  const shown = { width: Math.min(width, wide), height: Math.min(height, wide / ratio) };
  const free = { x: width - shown.width, y: height - shown.height };
  return { ...shown, left: free.x / 2, top: free.y * 0.42,
    fade: free.x > 1 ? 'x' : free.y > 1 ? 'y' : '' };
}
