// Starts the page. The build puts the files' names here (web/post_build.sh).
// The way in is a module of its own, much smaller. All pages come when one of them is asked for, and are on their way
// once a hand is near a link to them.
const app = document.getElementById('app');
const waiting = [...app.children];

const WORDS = {
  en: ['SMM Lab could not be loaded. Is there a connection?', 'Try again'],
  vi: ['Không tải được SMM Lab. Hãy kiểm tra kết nối mạng.', 'Thử lại'],
  ja: ['SMM Lab を読み込めませんでした。接続を確認してください。', '再試行'],
};

async function load(name) {
  const code = fetch(new URL(`./${name}_bg.wasm`, import.meta.url));
  code.catch(() => {}); // told below, when it is awaited
  const module = await import(`./${name}.js`);
  await module.default({ module_or_path: code });
  return module;
}

let all;
function loadAll() {
  all ??= load('{page}').catch(error => {
    all = undefined;
    throw error;
  });
  return all;
}

const isWayIn = () => ['', '#', '#/'].includes(location.hash);

/** Until another page is asked for. */
async function wayIn() {
  const module = await load('{way-in}');
  if (!isWayIn()) return;
  const open = module.open_way_in(app);
  const until = new AbortController();
  const hurry = ({ target }) => {
    if (target.closest?.('a[href^="#/"]:not([href="#/"])')) loadAll().catch(() => {}); // told when it is needed
  };
  for (const near of ['pointerover', 'focusin']) addEventListener(near, hurry, until);
  await new Promise(asked => addEventListener('hashchange', () => isWayIn() || asked(), until));
  until.abort();
  open.close();
  app.replaceChildren(...waiting);
}

/** As web/src/prefs.rs has it, which may not have come. */
function language() {
  let remembered;
  try {
    remembered = localStorage.getItem('smm-lab.lang');
  } catch {
    // Storage is forbidden.
  }
  return (new URLSearchParams(location.search).get('lang') ?? remembered ?? navigator.language).split('-')[0];
}

function failed(error) {
  const lang = language() in WORDS ? language() : 'en';
  const [text, again] = WORDS[lang];
  const make = (name, properties, ...inside) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...inside);
    return element;
  };
  const button = make('button', { type: 'button', className: 'btn' }, again);
  button.addEventListener('click', () => location.reload());
  const message = make('div', { className: 'prose', role: 'alert' }, make('h1', {}, 'SMM Lab'), make('p', {}, text), button);
  app.replaceChildren(make('main', { className: 'page', lang }, message));
  console.error(error);
}

try {
  if (isWayIn()) await wayIn();
  (await loadAll()).open_page(app);
} catch (error) {
  failed(error);
}
