/** Sentences of the classroom's that a person should read (`classroom.lab.connections.notifications`). */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { ILive } from './live';
import type { ServerMessage, Warning } from './pageMessages';

/** What stands in the page until the classroom says that it has ended. */
class Standing {
  /** Show all that holds now, and nothing that doesn't any more. */
  show(warnings: readonly Warning[]): void {
    const holds = new Set(warnings.map(({ about }) => about));
    for (const [about, { id }] of this.shown) {
      if (!holds.has(about)) {
        Notification.dismiss(id);
        this.shown.delete(about);
      }
    }
    for (const { about, text } of warnings) {
      const before = this.shown.get(about);
      // Who has closed it hears of it again only when there is something else to say.
      if (before?.text !== text) {
        if (before) {
          Notification.dismiss(before.id);
        }
        this.shown.set(about, { id: Notification.error(text, { autoClose: false }), text });
      }
    }
  }

  private readonly shown = new Map<string, { id: string; text: string }>();
}

export const notices: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:notices',
  description: 'Shows what the classroom tells the person at the page.',
  autoStart: true,
  requires: [ILive],
  activate: (_, live: ILive) => {
    const standing = new Standing();
    const hear = (message: ServerMessage | undefined) => {
      if (message?.type === 'warnings') {
        standing.show(message.warnings);
      }
    };
    hear(live.latest.get('warnings'));
    // A lab that was started again says what holds now, and nothing if all is well.
    live.connected.connect(() => standing.show([]));
    live.said.connect((_, message) => {
      hear(message);
      if (message.type === 'notice') {
        // Until it is closed: it tells where something is, or why something ended.
        Notification.warning(message.text, { autoClose: false });
      }
    });
  }
};
