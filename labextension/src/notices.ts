/** Sentences of the classroom's that a person should read (`classroom.lab.notices`). */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { ILive, type IMessage } from './live';

interface INotice extends IMessage {
  readonly text: string;
}

export const notices: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:notices',
  description: 'Shows what the classroom tells the person at the page.',
  autoStart: true,
  requires: [ILive],
  activate: (_, live: ILive) => {
    live.said.connect((_, message) => {
      if (message.type === 'notice') {
        // Until it is closed: it tells where something is, or why something ended.
        Notification.warning((message as INotice).text, { autoClose: false });
      }
    });
  }
};
