/** jsdom's page, with what a browser has and jsdom hasn't. */

const { TestEnvironment } = require('jest-environment-jsdom');

const NODES = [
  ...['fetch', 'Headers', 'Request', 'Response', 'TextDecoder', 'TextEncoder'],
  ...['Blob', 'DecompressionStream']
];

module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of [...NODES, 'structuredClone']) {
      this.global[name] = globalThis[name];
    }
    // JupyterLab's modules name these as they are loaded; nothing is dragged or resized here.
    this.global.DragEvent = class extends this.global.MouseEvent {};
    this.global.matchMedia = () => ({ matches: false, addListener() {}, removeListener() {} });
    this.global.navigator.clipboard = {};
    this.global.requestIdleCallback = (callback) => this.global.setTimeout(callback);
    for (const name of ['IntersectionObserver', 'ResizeObserver']) {
      this.global[name] = class {
        observe() {}
        disconnect() {}
      };
    }
  }
};
