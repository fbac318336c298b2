/** Show outputs with scripts in frames, and trust no content: see `frames.ts`, `untrusted.ts`. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IThemeManager } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator } from '@jupyterlab/translation';
import { address, dress } from './frame';
import { register } from './frames';
import { keepKeyboard } from './keyboard';
import { lookIn } from './libraries';
import { texts } from './texts';
import { distrust } from './untrusted';

// Do this when the module loads, before the first plugin, so that it applies to all later objects.
if (address()) {
  distrust();
}

export const outputs: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:outputs',
  description: 'Shows outputs that run scripts in frames of their own.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [INotebookTracker, IThemeManager, ITranslator],
  activate: (
    _: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    notebooks: INotebookTracker | null,
    themes: IThemeManager | null,
    translator: ITranslator | null
  ) => {
    if (!address()) {
      return;
    }
    register(rendermime);
    keepKeyboard(texts(translator));
    if (notebooks) {
      lookIn(notebooks);
    }
    // The theme's style sheet is applied some frames after the signal.
    themes?.themeChanged.connect(() => window.requestAnimationFrame(dress));
  }
};
