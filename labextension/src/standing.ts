/** The role of the person at the page: whether they are a tutor at the moment. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Token } from '@lumino/coreutils';
import { type ISignal, Signal } from '@lumino/signaling';
import { ILive } from './live';

export interface IStanding {
  readonly tutor: boolean;
  readonly changed: ISignal<IStanding, void>;
}

export const IStanding = new Token<IStanding>(
  '@classroom/labextension:IStanding',
  'The role of the person at the page.'
);

class Standing implements IStanding {
  tutor = false;
  readonly changed = new Signal<this, void>(this);

  constructor(live: ILive) {
    live.said.connect((_, message) => {
      if (message.type === 'driving' && this.tutor !== message.tutor) {
        this.tutor = message.tutor;
        this.changed.emit();
      }
    });
  }
}

/** A plugin of its own without slow dependencies, so that it gets the first message. */
export const standing: JupyterFrontEndPlugin<IStanding> = {
  id: '@classroom/labextension:standing',
  description: 'Provides the role of the person at the page.',
  autoStart: true,
  requires: [ILive],
  provides: IStanding,
  activate: (_, live: ILive) => new Standing(live)
};
