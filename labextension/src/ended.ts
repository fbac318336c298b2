/** Show a person whose access has ended one sentence, and a way to go on. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Dialog, showDialog } from '@jupyterlab/apputils';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ITranslator } from '@jupyterlab/translation';
import { thereAreSeveral, travel } from './labs';
import { ILive } from './live';
import { silence } from './silence';
import { texts } from './texts';

async function show(sentence: string, translator: ITranslator | null): Promise<void> {
  const words = texts(translator);
  silence();
  // JupyterLab shows one dialog at a time. Close the open ones, which would be shown before ours,
  // such as a document's dialog about the same event. Later ones wait behind ours.
  for (const open of Dialog.tracker.filter(() => true)) {
    open.reject();
  }
  // Perhaps they may still enter other labs: the Hub's home page lists them. It asks people who are
  // signed out to sign in.
  const elsewhere = sentence !== '' && thereAreSeveral();
  await showDialog({
    title: sentence ? words.accessEnded : words.signedOut,
    body: sentence || words.signInToGoOn,
    hasClose: false,
    buttons: [Dialog.okButton({ label: elsewhere ? words.allLabs : words.signInAgain })]
  });
  if (elsewhere) {
    const home = URLExt.join(PageConfig.getOption('hubPrefix'), 'home');
    travel.to(PageConfig.getOption('hubHost') + home);
    return;
  }
  // This leads to the sign-in, and from there back to this page.
  window.location.reload();
}

export const ended: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:ended',
  description: 'Shows when the access of the person at the page has ended.',
  autoStart: true,
  requires: [ILive],
  optional: [ITranslator],
  activate: (_, live: ILive, translator: ITranslator | null) => {
    void live.ended.then((sentence) => show(sentence, translator));
  }
};
