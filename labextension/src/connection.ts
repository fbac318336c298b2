/** What a person sees while there is no connection to the lab: no dialog that waits for a click. */

import {
  ConnectionLost,
  IConnectionLost,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import { ITranslator } from '@jupyterlab/translation';
import { ILive } from './live';
import { texts } from './texts';

/** Milliseconds: a connection that comes back sooner isn't spoken of. */
const PATIENCE_MS = 1500;

export const connection: JupyterFrontEndPlugin<IConnectionLost> = {
  id: '@classroom/labextension:connection',
  description: 'Says that the connection is lost, and that it is back.',
  autoStart: true,
  requires: [ILive],
  optional: [ITranslator],
  provides: IConnectionLost,
  activate: (_, live: ILive, translator: ITranslator | null) => {
    const words = texts(translator);
    let timer = 0;
    let told = '';
    live.lost.connect(() => {
      if (!told && !timer) {
        timer = window.setTimeout(() => {
          timer = 0;
          told = Notification.emit(words.connectionLost, 'in-progress', { autoClose: false });
        }, PATIENCE_MS);
      }
    });
    const quiet = () => {
      window.clearTimeout(timer);
      timer = 0;
    };
    live.connected.connect(() => {
      quiet();
      if (told) {
        const message = words.connectionBack;
        Notification.update({ id: told, message, type: 'success', autoClose: 4000 });
        told = '';
      }
    });
    void live.ended.then(() => {
      quiet();
      Notification.dismiss(told);
    });
    // JupyterLab calls it at each request that fails; documents and kernels come back by themselves.
    return PageConfig.getOption('classroomLive') ? async () => undefined : ConnectionLost;
  }
};
