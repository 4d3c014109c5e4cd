// <smm-lab scene="smi-flow" lang="en" theme="auto">: a live figure in anybody's page. See docs/embed.md.
// This file is all that loads at first. The rest comes when a figure nears the window, once for all figures.

// What the build called the files beside this one (web/post_build.sh). The page's way in has the figure of smi-flow
// and no other: it is much smaller.
const ALL = '{figures}';
const FLOW = '{way-in}';
const SMI_FLOW = 'smi-flow';

/** How near: half a window's height above and below it. */
const NEAR = '50% 0px';

const SCENES = [SMI_FLOW, 'software-smi', 'hardware-smi', 'ready-to-lock', 'smram-lifecycle', 'four-layers', 'runtime-setvariable', 'communicate', 'setting-not-persisting'];

// What a figure takes is known before it loads, so nothing moves when it comes. 100cqi is the width of the tag; the
// figure's own layouts begin at the same widths (static/styles). tests/e2e/embed.spec.js holds these to the figures.
const RESERVED = `
:host { display: block; container-type: inline-size; }
:host([hidden]) { display: none; }
.frame { display: grid; position: relative; min-height: calc(880px + 99.5cqi); }
@container (min-width: 563px) { .frame { min-height: calc(1090px + 37.9cqi); } }
@container (min-width: 1002px) { .frame { min-height: max(776px, 330px + 37.9cqi); } }
.frame[data-scene="ready-to-lock"] { min-height: 948px; }
@container (min-width: 563px) { .frame[data-scene="ready-to-lock"] { min-height: 852px; } }
.frame[data-scene="smram-lifecycle"] { min-height: 486px; }
@container (min-width: 563px) { .frame[data-scene="smram-lifecycle"] { min-height: 318px; } }
.frame:is([data-scene="four-layers"], [data-scene="runtime-setvariable"], [data-scene="communicate"], [data-scene="setting-not-persisting"]) { min-height: 900px; }
@media (max-width: 600px) { .frame[data-scene="communicate"] { min-height: 1340px; } }
.frame[data-scene="software-smi"] { min-height: calc(1328px + 99.5cqi); }
.frame[data-scene="hardware-smi"] { min-height: calc(1275px + 99.5cqi); }
@container (min-width: 421px) { .frame:is([data-scene="software-smi"], [data-scene="hardware-smi"]) { min-height: 1700px; } }
@container (min-width: 563px) { .frame:is([data-scene="software-smi"], [data-scene="hardware-smi"]) { min-height: 1565px; } }
.wait { position: absolute; inset: 0; overflow: auto; box-sizing: border-box; border: 1px solid #808b9a80; border-radius: 10px; padding: 12px 16px; }
.wait:not(.failed) > :not(slot) { display: none; }
`;

const WORDS = {
  en: { failed: 'This figure could not be loaded from', retry: 'Try again', unknown: 'There is no such scene:', known: 'There are:' },
  vi: { failed: 'Không tải được hình này từ', retry: 'Thử lại', unknown: 'Không có cảnh này:', known: 'Các cảnh có sẵn:' },
  ja: { failed: '図を読み込めませんでした。読み込み元:', retry: '再試行', unknown: 'このシーンはありません:', known: '使えるシーン:' },
};

const at = name => new URL(name, import.meta.url).href;

const loading = {}; // by the module's name
let attempt = 0;

/** The name of the module for a scene. One for all figures of the page, which then share its worker. */
function moduleFor(scene) {
  const more = loading[ALL] || document.querySelector(`smm-lab:not([scene="${SMI_FLOW}"])`);
  return scene !== SMI_FLOW || more ? ALL : FLOW;
}

/** A module with its machine code, started. A failure is forgotten. */
function load(name) {
  loading[name] ??= start(name).catch(error => {
    delete loading[name];
    attempt++;
    throw error;
  });
  return loading[name];
}

async function start(name) {
  const code = fetch(at(`${name}_bg.wasm`));
  code.catch(() => {}); // told below, when it is awaited
  // A browser may remember that a module failed, so that another attempt needs another address.
  const module = await import(at(`${name}.js`) + (attempt ? `?attempt=${attempt}` : ''));
  const response = await code;
  if (!response.ok) throw new Error(`${response.url}: HTTP ${response.status}`);
  await module.default({ module_or_path: response });
  return module;
}

const reserved = sheet(RESERVED);
let styled;

function sheet(text) {
  const made = new CSSStyleSheet();
  made.replaceSync(text);
  return made;
}

/** The figures' style sheet, which is adopted: a page's CSP has no say in it. */
function style() {
  styled ??= fetchStyle().catch(error => {
    styled = undefined;
    throw error;
  });
  return styled;
}

async function fetchStyle() {
  const response = await fetch(at(`${ALL}.css`));
  if (!response.ok) throw new Error(`${response.url}: HTTP ${response.status}`);
  return sheet(await response.text());
}

const near = new IntersectionObserver(
  entries => entries.filter(entry => entry.isIntersecting).forEach(entry => entry.target.begin()),
  { rootMargin: NEAR },
);

class SmmLab extends HTMLElement {
  static observedAttributes = ['scene', 'lang', 'theme'];
  #frame = document.createElement('div');
  #wait = document.createElement('div');
  #message = document.createElement('span');
  #retry = document.createElement('button');
  #figure; // the place where the figure is drawn
  #app; // the running figure
  #module; // the name of what it was made of
  #beginning = false;

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: 'open' });
    shadow.adoptedStyleSheets = [reserved];
    this.#frame.className = 'frame';
    this.#wait.className = 'wait';
    this.#message.setAttribute('role', 'alert');
    this.#retry.type = 'button';
    this.#retry.addEventListener('click', () => this.begin());
    const line = document.createElement('p');
    line.append(this.#message, ' ', this.#retry);
    this.#wait.append(line, document.createElement('slot'));
    this.#frame.append(this.#wait);
    shadow.append(this.#frame);
  }

  connectedCallback() {
    if (!this.#app) near.observe(this);
  }

  disconnectedCallback() {
    // Who moves an element disconnects and connects it: only one that stays away is closed.
    queueMicrotask(() => {
      if (!this.isConnected) this.#end();
    });
  }

  attributeChangedCallback(name) {
    this.#frame.dataset.scene = this.#scene;
    if (name === 'scene' && !this.#fits(this.#module)) this.#end();
    if (!this.#app) return void (this.isConnected && near.observe(this));
    this.#dress();
    this.#app.update(this.#scene, this.#lang);
  }

  /** Loads what is needed, and lets the figure run. */
  async begin() {
    near.unobserve(this);
    if (this.#app || this.#beginning) return;
    if (!SCENES.includes(this.#scene)) {
      return this.#fail(`${this.#words.unknown} ${this.#scene}. ${this.#words.known} ${SCENES.join(', ')}.`, false);
    }
    this.#beginning = true;
    this.#wait.classList.remove('failed');
    this.#message.textContent = '';
    try {
      const name = moduleFor(this.#scene);
      const [module, figures] = await Promise.all([load(name), style()]);
      if (!this.isConnected) return;
      this.#module = name;
      // Another scene was asked for in between.
      if (this.#fits(name)) this.#run(module, figures);
      else near.observe(this);
    } catch {
      // The browser's console has the reason.
      this.#fail(`${this.#words.failed} ${new URL(import.meta.url).origin}.`);
    } finally {
      this.#beginning = false;
    }
  }

  /** Whether the scene is in this module. */
  #fits(module) {
    return this.#scene === SMI_FLOW || (module === ALL && SCENES.includes(this.#scene));
  }

  #run(module, figures) {
    this.shadowRoot.adoptedStyleSheets = [reserved, figures];
    this.#figure = document.createElement('div');
    this.#figure.className = 'lab';
    this.#dress();
    this.#frame.replaceChildren(this.#figure);
    this.#app = module.mount(this.#figure, this.#scene, this.#lang);
  }

  #end() {
    near.unobserve(this);
    this.#app?.close();
    this.#app = this.#figure = undefined;
    this.#frame.replaceChildren(this.#wait);
  }

  #fail(message, again = true) {
    this.#message.textContent = message;
    this.#retry.textContent = this.#words.retry;
    this.#retry.hidden = !again;
    this.#wait.classList.add('failed');
  }

  #dress() {
    this.#figure.lang = this.#lang;
    const theme = this.getAttribute('theme');
    if (theme === 'light' || theme === 'dark') this.#figure.dataset.theme = theme;
    else delete this.#figure.dataset.theme;
  }

  get #words() {
    return WORDS[this.#lang.split('-')[0].toLowerCase()] ?? WORDS.en;
  }

  get #scene() {
    return this.getAttribute('scene') ?? '';
  }

  get #lang() {
    return this.closest('[lang]')?.lang || navigator.language;
  }
}

if (!customElements.get('smm-lab')) customElements.define('smm-lab', SmmLab);
