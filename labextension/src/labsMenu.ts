/** The menu *Labs*: the labs that the person may enter, and who is in each; a click goes there. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { IMainMenu } from '@jupyterlab/mainmenu';
import { ITranslator } from '@jupyterlab/translation';
import { MenuSvg } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import {
  addressOf,
  called,
  hear,
  type ILab,
  isHere,
  labsOf,
  thereAreSeveral,
  travel
} from './labs';
import { ILive } from './live';
import type { ServerMessage } from './pageMessages';
import { type Texts, texts } from './texts';

const GO = 'classroom:go-to-lab';
const STATUS = 'classroom:labs-status';
const ALL = 'classroom:all-labs';
/** The menu's rank: between JupyterLab's Kernel and Settings. */
const RANK = 600;
/** How many labs the menu shows; the others are on the Hub's page. */
export const SLOTS = 25;
/** How many people the menu names for each lab. */
const NAMES = 4;

/** A menu with a fixed number of items: Lumino closes an open menu when an item is added. */
class LabsMenu extends MenuSvg {
  /**
   * @param commands - the page's commands.
   * @param opened - called each time before the menu is shown.
   */
  constructor(
    commands: CommandRegistry,
    private readonly opened: () => void
  ) {
    super({ commands });
    for (let slot = 0; slot < SLOTS; slot++) {
      this.addItem({ command: GO, args: { slot } });
    }
    this.addItem({ command: STATUS });
    this.addItem({ type: 'separator' });
    this.addItem({ command: ALL });
  }

  protected override onBeforeAttach(message: Message): void {
    super.onBeforeAttach(message);
    this.opened();
  }
}

/** Sort labs: the class's first, then the person's own, then by the number of people. */
export function ordered(labs: readonly ILab[]): ILab[] {
  const rank = ({ kind, own }: ILab) => (kind === 'class' ? 0 : own ? 1 : 2);
  return [...labs].sort(
    (a, b) => rank(a) - rank(b) || b.people.length - a.people.length || a.name.localeCompare(b.name)
  );
}

/** Return a text that names the people in a lab. */
export function company({ people, running }: ILab, words: Texts): string {
  const names = people.slice(0, NAMES).map(({ name }) => name);
  const more = people.length - names.length;
  const all = more > 0 ? [...names, words.more(more)] : names;
  return all.join(', ') || (running ? words.nobodyThere : words.notRunning);
}

export const labsMenu: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:labs-menu',
  description: 'Lists the labs that the person may enter.',
  autoStart: true,
  requires: [ILive, IMainMenu],
  optional: [ITranslator],
  activate: (
    { commands, serviceManager }: JupyterFrontEnd,
    live: ILive,
    menus: IMainMenu,
    translator: ITranslator | null
  ) => {
    const words = texts(translator);
    let labs: readonly ILab[] = [];
    let status = words.looking;
    const at = (slot: unknown) => labs[Number(slot)];

    commands.addCommand(GO, {
      label: ({ slot }) => {
        const lab = at(slot);
        return lab ? words.labWith(called(lab, words), company(lab, words)) : '';
      },
      caption: words.goToLab,
      isVisible: ({ slot }) => at(slot) !== undefined,
      isEnabled: ({ slot }) => at(slot) !== undefined,
      isToggleable: true,
      isToggled: ({ slot }) => {
        const lab = at(slot);
        return lab !== undefined && isHere(lab);
      },
      execute: ({ slot }) => {
        const lab = at(slot);
        if (lab !== undefined && !isHere(lab)) {
          travel.to(addressOf(lab));
        }
      }
    });
    commands.addCommand(STATUS, {
      label: () => status,
      isVisible: () => status !== '',
      isEnabled: () => false,
      execute: () => undefined
    });
    commands.addCommand(ALL, {
      label: words.allLabs,
      caption: words.allLabsMore,
      execute: () =>
        travel.to(
          PageConfig.getOption('hubHost') + URLExt.join(PageConfig.getOption('hubPrefix'), 'home')
        )
    });
    const look = async () => {
      try {
        labs = ordered(await labsOf(serviceManager.serverSettings)).slice(0, SLOTS);
        status = '';
      } catch (error) {
        labs = [];
        status = `${words.noLabs} ${error instanceof Error ? error.message : ''}`;
      }
      menu?.update();
    };
    let menu: LabsMenu | null = null;
    const show = () => {
      if (!thereAreSeveral()) {
        menu?.dispose();
        menu = null;
      } else if (menu === null) {
        menu = new LabsMenu(commands, () => void look());
        menu.id = 'classroom-labs';
        menu.title.label = words.labs;
        menus.addMenu(menu, true, { rank: RANK });
      }
    };
    const take = (message: ServerMessage) => {
      if (message.type === 'labs') {
        hear(message);
        show();
      }
    };
    show();
    live.said.connect((_, message) => take(message));
    for (const message of live.latest.values()) {
      take(message);
    }
  }
};
