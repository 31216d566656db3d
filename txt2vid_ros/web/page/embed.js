// Puts the talking face on a page of somebody else:
//   <script src="https://HOST/embed.js" data-width="480px" data-talk="on"></script>
(() => {
  'use strict';
  const script = document.currentScript
    ?? document.querySelector('script[src*="/embed.js"]:not([data-embedded])');
  if (!script || 'embedded' in script.dataset) return;
  script.dataset.embedded = '';
  const { width = '100%', ratio = '4 / 3', talk = 'on', text = 'on', theme, title } = script.dataset;
  const source = new URL(script.src);
  const page = new URL('/embed', source);
  for (const [name, value] of Object.entries({ talk, text, theme, token: source.searchParams.get('token') })) {
    if (value) page.searchParams.set(name, value);
  }
  const frame = document.createElement('iframe');
  frame.title = title ?? 'Talking face';
  // Its own origin, so that it may keep its cookie; it can neither navigate this page nor open others.
  frame.setAttribute('sandbox', 'allow-scripts allow-same-origin allow-forms');
  frame.allow = ['autoplay', ...(talk === 'on' ? ['microphone'] : [])].map(
    name => `${name} ${page.origin}`).join('; ');
  frame.referrerPolicy = 'origin';
  Object.assign(frame.style, {
    display: 'block', width: /^\d+$/.test(width) ? `${width}px` : width, maxWidth: '100%',
    aspectRatio: ratio, minHeight: '15rem', border: '0', borderRadius: '16px', colorScheme: 'normal' });
  frame.src = page;
  script.after(frame);
})();
