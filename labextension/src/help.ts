/**
 * Pages of the Help menu, and those that a kernel names: opened in a tab of the browser.
 *
 * JupyterLab would show them in a frame, and a page of the lab frames nothing from elsewhere.
 */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator } from '@jupyterlab/translation';
import { texts } from './texts';

/** JupyterLab's own name for it: its plugin is off (`page_config.json`). */
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
          // A student's kernel may name any page: it doesn't get hold of the lab's window.
          window.open(address, '_blank', 'noopener');
        }
      }
    });
  }
};
