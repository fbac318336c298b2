/**
 * Open pages of the Help menu, and help pages of kernels, in a browser tab.
 *
 * JupyterLab would show them in a frame, but the lab's policy allows no frames of other hosts.
 */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator } from '@jupyterlab/translation';
import { texts } from './texts';

/** The same command id as JupyterLab's, whose plugin is disabled (`page_config.json`). */
const OPEN = 'help:open';
const PROTOCOLS = ['http:', 'https:', 'mailto:'];

export const help: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:help',
  description: 'Opens pages of the Help menu in a tab of the browser.',
  autoStart: true,
  optional: [ITranslator],
  activate: ({ commands }: JupyterFrontEnd, translator: ITranslator | null) => {
    const words = texts(translator);
    commands.addCommand(OPEN, {
      label: ({ text }) => (typeof text === 'string' && text ? text : words.openPage),
      execute: ({ url }) => {
        const address = String(url);
        if (URL.canParse(address) && PROTOCOLS.includes(new URL(address).protocol)) {
          // A kernel may name any page, so the page gets no reference to the lab's window.
          window.open(address, '_blank', 'noopener');
        }
      }
    });
  }
};
