/** What a person sees whose access has ended: one sentence, and the way to sign in again. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Dialog, showDialog } from '@jupyterlab/apputils';
import { ITranslator } from '@jupyterlab/translation';
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
  await showDialog({
    title: words.signedOut,
    body: sentence || words.signInToGoOn,
    hasClose: false,
    buttons: [Dialog.okButton({ label: words.signInAgain })]
  });
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
