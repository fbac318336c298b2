/** Show below the file list that a folder has more entries, in any sort order. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ITranslator } from '@jupyterlab/translation';
import { texts } from './texts';

/** The name of the list's last entry, which has their number (`classroom.lab.files.models`). */
const NAME = /^… and (\d+) more: use a terminal$/;

export const leftOut: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:left-out',
  description: 'Shows below the file list how many entries it leaves out.',
  autoStart: true,
  requires: [IDefaultFileBrowser],
  optional: [ITranslator],
  activate: (_: JupyterFrontEnd, browser: IDefaultFileBrowser, translator: ITranslator | null) => {
    const words = texts(translator);
    const said = document.createElement('div');
    said.className = 'classroom-LeftOut';
    said.setAttribute('role', 'status');
    const { model } = browser;
    const all = model.items.bind(model);
    // As a normal entry it would be sorted to the top or middle, as a file that can't be opened.
    model.items = function* () {
      for (const item of all()) {
        if (!NAME.test(item.name)) {
          yield item;
        }
      }
    };
    const tell = () => {
      let count = 0;
      for (const { name } of all()) {
        count = Number(NAME.exec(name)?.[1] ?? count);
      }
      said.textContent = count ? words.leftOut(count) : '';
      if (!said.isConnected) {
        browser.node.querySelector('.jp-DirListing')?.append(said);
      }
    };
    model.refreshed.connect(tell);
    tell();
    void model.refresh();
  }
};
