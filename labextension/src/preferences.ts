/** A person's preferences from JupyterLab's settings (`schema/plugin.json`). */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Token } from '@lumino/coreutils';
import { type ISignal, Signal } from '@lumino/signaling';

/** The id of the schema and of its plugin. */
const ID = '@classroom/labextension:plugin';

export interface IPreferences {
  /** Whether each cell shows who ran it. */
  readonly showWhoRan: boolean;

  /** Whether to follow a tutor as soon as they ask for it. */
  readonly followWhenAsked: boolean;

  readonly changed: ISignal<IPreferences, void>;
}

export const IPreferences = new Token<IPreferences>(
  '@classroom/labextension:IPreferences',
  'What a person has set for the classroom.'
);

class Preferences implements IPreferences {
  showWhoRan = true;
  followWhenAsked = true;
  readonly changed = new Signal<this, void>(this);

  /** Apply the settings. */
  take({ composite }: ISettingRegistry.ISettings): void {
    this.showWhoRan = composite.showWhoRan !== false;
    this.followWhenAsked = composite.followWhenAsked !== false;
    this.changed.emit();
  }
}

export const preferences: JupyterFrontEndPlugin<IPreferences> = {
  id: ID,
  description: 'Provides a person’s preferences for the classroom.',
  autoStart: true,
  optional: [ISettingRegistry],
  provides: IPreferences,
  activate: (_: JupyterFrontEnd, registry: ISettingRegistry | null) => {
    const made = new Preferences();
    // Not awaited: until the settings are loaded, the schema's defaults apply.
    registry?.load(ID).then(
      (settings) => {
        made.take(settings);
        settings.changed.connect(() => made.take(settings));
      },
      (error) => console.warn('The settings of the classroom are not known', error)
    );
    return made;
  }
};
