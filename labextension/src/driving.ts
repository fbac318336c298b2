/** Who drives: the tutor's switch and the students' badge in the top bar (`classroom.lab.api.driving`). */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { ServerConnection } from '@jupyterlab/services';
import { ITranslator } from '@jupyterlab/translation';
import { Token } from '@lumino/coreutils';
import { type ISignal, Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import { ask } from './api';
import { ILive, type IMessage } from './live';
import { texts } from './texts';

/** What holds for the person at the page (`classroom.lab.permissions.mode_service`). */
interface IMode extends IMessage {
  readonly tutor: boolean;
  readonly viewOnly: boolean;
  readonly driver: string;
  /** Ids of this person's copies of documents of which the lab takes nothing any more. */
  readonly outdated: readonly number[];
  /** Whether something was just not taken. */
  readonly refused?: boolean;
}

export interface IDriving {
  /** Whether the person at the page may only look on. */
  readonly viewOnly: boolean;

  /** Ids of copies of documents that must be replaced: the lab takes nothing of them. */
  readonly outdated: readonly number[];

  /** One of the two may have changed. */
  readonly changed: ISignal<IDriving, void>;

  /** Say why something isn't done. */
  explain(): void;
}

export const IDriving = new Token<IDriving>(
  '@classroom/labextension:IDriving',
  'Who may write in the classroom.'
);

class Driving implements IDriving {
  constructor(
    private readonly control: Widget,
    private readonly words: ReturnType<typeof texts>,
    private readonly settings: ServerConnection.ISettings
  ) {
    this.button.className = 'jp-mod-styled';
    this.button.setAttribute('role', 'switch');
    this.button.onclick = () => void this.toggle();
    this.badge.setAttribute('role', 'status');
    this.badge.className = 'classroom-TopBar-badge';
    control.node.append(this.button, this.badge);
    this.show();
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

  take(mode: IMode): void {
    const before = this.mode;
    this.mode = mode;
    this.show();
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
    const driver = this.mode?.driver;
    return driver ? this.words.viewOnlyWhile(driver) : this.words.viewOnly;
  }

  private show(): void {
    const { tutor = false, viewOnly = false, driver = '' } = this.mode ?? {};
    this.button.hidden = !tutor;
    this.button.textContent = driver ? this.words.studentsWatch : this.words.studentsWrite;
    this.button.title = driver ? this.words.letStudentsWrite : this.words.haveStudentsWatch;
    this.button.setAttribute('aria-label', this.words.viewOnlyForAll);
    this.button.setAttribute('aria-checked', String(driver !== ''));
    this.button.classList.toggle('jp-mod-warn', driver !== '');
    this.badge.textContent = viewOnly ? this.sentence() : '';
    this.badge.hidden = !viewOnly;
    this.control.update();
  }

  /** Switch all students. The answer comes to every page, this one too, by the live connection. */
  private async toggle(): Promise<void> {
    const body = JSON.stringify({ viewOnly: !this.mode?.driver });
    try {
      await ask(this.settings, 'driving', { method: 'PUT', body });
    } catch (error) {
      Notification.error(`${this.words.notSwitched} ${error}`);
    }
  }

  private readonly button = document.createElement('button');
  private readonly badge = document.createElement('span');
  private readonly change = new Signal<this, void>(this);
  private mode: IMode | null = null;
  private told = '';
}

export const driving: JupyterFrontEndPlugin<IDriving> = {
  id: '@classroom/labextension:driving',
  description: 'Shows who drives, and lets tutors switch it.',
  autoStart: true,
  requires: [ILive],
  optional: [ITranslator],
  provides: IDriving,
  activate: ({ shell, serviceManager }, live: ILive, translator: ITranslator | null) => {
    const control = new Widget();
    control.id = 'classroom-driving';
    control.addClass('classroom-TopBar');
    const made = new Driving(control, texts(translator), serviceManager.serverSettings);
    const take = (message: IMessage | undefined) => {
      if (message?.type === 'driving') {
        made.take(message as IMode);
      }
    };
    live.said.connect((_, message) => take(message));
    take(live.latest.get('driving'));
    shell.add(control, 'top', { rank: 950 });
    return made;
  }
};
