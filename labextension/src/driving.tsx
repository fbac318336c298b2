/** View-only mode: the tutor's switch and the students' badge (`classroom.lab.api.driving`). */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IToolbarWidgetRegistry, Notification } from '@jupyterlab/apputils';
import { ITranslator } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import { Token } from '@lumino/coreutils';
import { type ISignal, Signal } from '@lumino/signaling';
import { ask } from './api';
import { isRoom, owner } from './labs';
import { ILive } from './live';
import type { ModeMessage, ServerMessage } from './pageMessages';
import { type Texts, texts } from './texts';
import { ON } from './topBar';

export interface IDriving {
  /** Whether the person at the page is view-only. */
  readonly viewOnly: boolean;

  /** Client ids of document copies that must be replaced, because the lab rejects their changes. */
  readonly outdated: readonly number[];

  /** Emitted when one of the two may have changed. */
  readonly changed: ISignal<IDriving, void>;

  /** Show why an action was blocked. */
  explain(): void;
}

export const IDriving = new Token<IDriving>(
  '@classroom/labextension:IDriving',
  'Who may write in the classroom.'
);

/** The command of the tutor's switch. */
const SWITCH = 'classroom:view-only';
/** The student's badge, an item of the top bar (`schema/plugin.json`). */
const BADGE = 'classroom-badge';

class Driving implements IDriving {
  constructor(private readonly words: Texts) {}

  /** Whether the person at the page is a tutor. */
  get tutor(): boolean {
    return this.mode?.tutor ?? false;
  }

  /** The name of the tutor who drives; '' while everybody may write. */
  get driver(): string {
    return this.mode?.driver ?? '';
  }

  /** The text of a student's badge; '' for none. */
  get badge(): string {
    return this.viewOnly ? this.sentence() : '';
  }

  get viewOnly(): boolean {
    return this.mode?.viewOnly ?? false;
  }

  get outdated(): readonly number[] {
    return this.mode?.outdated ?? [];
  }

  get changed(): ISignal<IDriving, void> {
    return this.change;
  }

  take(mode: ModeMessage): void {
    const before = this.mode;
    this.mode = mode;
    this.change.emit();
    if (before?.viewOnly && !mode.viewOnly && !mode.tutor) {
      Notification.info(this.words.youMayWrite, { autoClose: 4000 });
    }
    if (mode.refused) {
      this.explain();
    }
  }

  explain(): void {
    if (!this.viewOnly || Notification.manager.has(this.told)) {
      return;
    }
    this.told = Notification.info(this.sentence(), { autoClose: 4000 });
  }

  private sentence(): string {
    const { driver, words } = this;
    const whose = owner();
    if (this.mode?.looksOn) {
      return isRoom() ? words.looksInRoom : words.looksIn(whose);
    }
    if (driver) {
      return words.viewOnlyWhile(driver);
    }
    return whose && !isRoom() ? words.viewOnlyIn(whose) : words.viewOnly;
  }

  private readonly change = new Signal<this, void>(this);
  private mode: ModeMessage | null = null;
  private told = '';
}

/** Make the badge, a live region for screen readers; it exists even when it is empty. */
function badge(driving: Driving): ReactWidget {
  return ReactWidget.create(
    <UseSignal signal={driving.changed}>
      {() => (
        <span role="status" className="classroom-Badge">
          {driving.badge}
        </span>
      )}
    </UseSignal>
  );
}

export const driving: JupyterFrontEndPlugin<IDriving> = {
  id: '@classroom/labextension:driving',
  description: 'Shows view-only mode, and lets tutors switch it.',
  autoStart: true,
  requires: [ILive, IToolbarWidgetRegistry],
  optional: [ITranslator],
  provides: IDriving,
  activate: (
    { commands, serviceManager }: JupyterFrontEnd,
    live: ILive,
    toolbars: IToolbarWidgetRegistry,
    translator: ITranslator | null
  ) => {
    const words = texts(translator);
    const made = new Driving(words);
    commands.addCommand(SWITCH, {
      label: () => (made.driver ? words.studentsWatch : words.studentsWrite),
      caption: () => (made.driver ? words.letStudentsWrite : words.haveStudentsWatch),
      isVisible: () => made.tutor,
      isEnabled: () => made.tutor,
      className: () => (made.driver ? ON : ''),
      // The live connection brings the new mode to every page, including this one.
      execute: async () => {
        const body = JSON.stringify({ viewOnly: !made.driver });
        try {
          await ask(serviceManager.serverSettings, 'driving', { method: 'PUT', body });
        } catch (error) {
          Notification.error(`${words.notSwitched} ${error}`);
        }
      }
    });
    made.changed.connect(() => commands.notifyCommandChanged(SWITCH));
    toolbars.addFactory('TopBar', BADGE, () => badge(made));
    const take = (message: ServerMessage | undefined) => {
      if (message?.type === 'driving') {
        made.take(message);
      }
    };
    live.said.connect((_, message) => take(message));
    take(live.latest.get('driving'));
    return made;
  }
};
