// Starts the page with the loader that <smm-lab> has too.
import { load } from './smm-lab.js';

const { open_page } = await load();
open_page(document.getElementById('app'));
