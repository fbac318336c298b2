/** What a person sees whose access has ended: one sentence, and where to go on. */

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
  // There is one dialog at a time: those that are open, such as a document's on the same matter,
  // would stand before ours. Those that come later wait behind it, for good.
  for (const open of Dialog.tracker.filter(() => true)) {
    open.reject();
  }
  // It may be this lab alone that they may not enter: the Hub's page lists the others, or asks who
  // is not signed in any more to sign in.
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
  // To the sign-in, and from there back to where one was.
  window.location.reload();
}

export const ended: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:ended',
  description: 'Says so when the access of the person at the page has ended.',
  autoStart: true,
  requires: [ILive],
  optional: [ITranslator],
  activate: (_, live: ILive, translator: ITranslator | null) => {
    void live.ended.then((sentence) => show(sentence, translator));
  }
};
