/** Show a notification while the lab can't be reached, instead of JupyterLab's dialog. */

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

/** A connection loss that is shorter than this isn't shown. */
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
    // JupyterLab calls this for each failed request. Documents and kernels reconnect on their own.
    return PageConfig.getOption('classroomLive') ? async () => undefined : ConnectionLost;
  }
};
