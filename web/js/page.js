// Starts the page. The build puts the file's name here (web/post_build.sh).
import init, { open_page } from './{page}.js';

await init({ module_or_path: new URL('./{page}_bg.wasm', import.meta.url) });
open_page(document.getElementById('app'));
