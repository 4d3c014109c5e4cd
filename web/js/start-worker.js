// The worker's first script: a blob, behind `const FILES = […];` (web/src/link.rs).
const [WORKER, WORKER_CODE, TOOLS, TOOLS_CODE] = FILES;

// The image tools come when they are asked for first. A worker may wait for a file.
self.imageTools = () => {
  if (typeof image_tools === 'undefined') importScripts(TOOLS);
  if (!self.imageToolsStarted) {
    const request = new XMLHttpRequest();
    request.open('GET', TOOLS_CODE, false);
    request.responseType = 'arraybuffer';
    request.send();
    if (request.status !== 200) throw new Error(`${TOOLS_CODE}: HTTP ${request.status}`);
    image_tools.initSync({ module: request.response });
    self.imageToolsStarted = true;
  }
  return image_tools;
};

importScripts(WORKER);
wasm_bindgen({ module_or_path: WORKER_CODE });
