/** Follow a tutor from place to place, by one's own choice or because the tutor asks for it. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, IToolbarWidgetRegistry, Notification } from '@jupyterlab/apputils';
import type { ServerConnection } from '@jupyterlab/services';
import { ITranslator } from '@jupyterlab/translation';
import { CommandToolbarButton, MenuSvg } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { ask } from './api';
import { addressOf, called, FOLLOWED, type ILab, thereAreSeveral, travel } from './labs';
import { ILive } from './live';
import { ILocations } from './locations';
import type { LeadingMessage, ServerMessage } from './pageMessages';
import { IPreferences } from './preferences';
import { Searching } from './searching';
import { IStanding } from './standing';
import { type Texts, texts } from './texts';
import { ON } from './topBar';

const FOLLOW = 'classroom:follow';
const ASK = 'classroom:ask-to-follow';
/** The student's button, an item of the top bar (`schema/plugin.json`). */
const BUTTON = 'classroom-follow';

const NOBODY: LeadingMessage = { type: 'leading', leaders: [], asking: '', asked: 0 };

class Following {
  constructor(
    private readonly commands: CommandRegistry,
    private readonly locations: ILocations,
    private readonly standing: IStanding,
    private readonly preferences: IPreferences,
    settings: ServerConnection.ISettings,
    private readonly words: Texts
  ) {
    standing.changed.connect(this.announce, this);
    this.searching = new Searching(
      settings,
      (name, lab) => this.offer(name, lab),
      (name) =>
        this.tell(Notification.info(words.goneElsewhere(this.shown(name)), { autoClose: false }))
    );
  }

  /** The name of the tutor who asks everybody to follow; '' for none. */
  get asking(): string {
    return this.leading.asking;
  }

  /** Handle the tutors' new locations. */
  take(leading: LeadingMessage): void {
    const before = this.leading;
    this.leading = leading;
    for (const { name, display_name } of leading.leaders) {
      this.names.set(name, display_name);
    }
    if (leading.leaders.some(({ name }) => name === this.wanted)) {
      this.followed = this.wanted;
      this.wanted = '';
    }
    if (leading.asked !== before.asked && !this.standing.tutor) {
      this.hearAsked(before);
    }
    this.announce();
    this.go();
  }

  /** Follow a tutor; with '' stop following. */
  follow(name: string): void {
    this.followed = name;
    this.last = '';
    if (!name) {
      this.locations.unmark();
    }
    this.announce();
    this.go();
  }

  /** Stop following, or follow a tutor; ask which one if there are several. */
  toggle(): void {
    const { leaders } = this.leading;
    if (this.followed || leaders.length < 2) {
      this.follow(this.followed ? '' : (leaders[0]?.name ?? ''));
      return;
    }
    const menu = new MenuSvg({ commands: this.commands });
    for (const { name } of leaders) {
      menu.addItem({ command: FOLLOW, args: { name } });
    }
    const { left, bottom } = this.button?.node.getBoundingClientRect() ?? { left: 0, bottom: 0 };
    menu.open(left, bottom);
  }

  /** Make the top bar's button; `toggle` opens its menu of tutors below it. */
  makeButton(): CommandToolbarButton {
    this.button = new CommandToolbarButton({ commands: this.commands, id: FOLLOW });
    return this.button;
  }

  /** Whether the person follows a tutor. */
  get isFollowing(): boolean {
    return this.followed !== '';
  }

  /** Whether there is a tutor to follow. */
  get possible(): boolean {
    return this.followed !== '' || this.leading.leaders.length > 0;
  }

  /** The label of the students' command. */
  label(name: string): string {
    const followed = name || this.followed || this.leading.leaders[0]?.name || '';
    const shown = this.shown(followed);
    if (this.followed && !name) {
      return this.words.following(shown);
    }
    return this.leading.leaders.length > 1 && !name
      ? this.words.followTutor
      : this.words.follow(shown);
  }

  /** Handle that a tutor has asked everybody to follow, or has ended it. */
  private hearAsked(before: LeadingMessage): void {
    const { asking } = this.leading;
    if (asking) {
      const { followWhenAsked } = this.preferences;
      const sentence = followWhenAsked ? this.words.askedToFollow : this.words.mayFollow;
      Notification.info(sentence(this.shown(asking)), { autoClose: 6000 });
      if (followWhenAsked) {
        this.follow(asking);
      }
    } else if (this.followed === before.asking) {
      this.follow('');
    }
  }

  /** Return a tutor's display name. */
  shown(name: string): string {
    return this.names.get(name) ?? name;
  }

  /** Go to the followed tutor's location, if it has changed. */
  private go(): void {
    const leader = this.leading.leaders.find((one) => one.name === this.followed);
    this.search(leader === undefined);
    if (leader === undefined || !leader.path) {
      return;
    }
    const { path, cell, index, line } = leader;
    const place = JSON.stringify([path, cell, index, line]);
    if (place !== this.last) {
      this.last = place;
      this.going = this.going
        .then(() => (place === this.last ? this.locations.show(leader, true) : undefined))
        .catch((error) => console.warn('Not where the tutor is', error));
    }
  }

  /** Search for the followed tutor in other labs while they aren't in this lab. */
  private search(isGone: boolean): void {
    if (this.followed && isGone && thereAreSeveral()) {
      this.searching.begin(this.followed);
    } else {
      this.searching.end();
      this.tell('');
    }
  }

  /** Offer to go to another lab, but only with a click: leaving interrupts the work here. */
  private offer(name: string, lab: ILab): void {
    const go = () => travel.to(addressOf(lab, '', name));
    this.tell(
      Notification.info(this.words.hasGone(this.shown(name), called(lab, this.words)), {
        autoClose: false,
        actions: [{ label: this.words.goThere, displayType: 'accent', callback: go }]
      })
    );
  }

  /** Replace the notification about the tutor's location: only one is shown at a time. */
  private tell(notification: string): void {
    if (this.told) {
      Notification.dismiss(this.told);
    }
    this.told = notification;
  }

  private announce(): void {
    this.commands.notifyCommandChanged(FOLLOW);
    this.commands.notifyCommandChanged(ASK);
  }

  private button: CommandToolbarButton | null = null;
  private readonly searching: Searching;
  private readonly names = new Map<string, string>();
  /** The tutor in the page's address; the page follows them when they are in this lab. */
  private wanted = new URLSearchParams(window.location.search).get(FOLLOWED) ?? '';
  private told = '';
  private leading = NOBODY;
  private followed = '';
  private last = '';
  private going = Promise.resolve();
}

export const following: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:following',
  description: 'Follows a tutor, and lets tutors ask for it.',
  autoStart: true,
  requires: [ILive, ILocations, IStanding, IPreferences, IToolbarWidgetRegistry],
  optional: [ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    live: ILive,
    locations: ILocations,
    standing: IStanding,
    preferences: IPreferences,
    toolbars: IToolbarWidgetRegistry,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ) => {
    const words = texts(translator);
    const settings = app.serviceManager.serverSettings;
    const made = new Following(app.commands, locations, standing, preferences, settings, words);
    app.commands.addCommand(FOLLOW, {
      label: ({ name }) => made.label(String(name ?? '')),
      caption: () => (made.isFollowing ? words.stepOut : words.followMore),
      // The owner of a lab may also follow somebody, and must be able to stop.
      isVisible: () => made.isFollowing || (made.possible && !standing.tutor),
      isEnabled: () => made.isFollowing || (made.possible && !standing.tutor),
      className: ({ name }) => (made.isFollowing && !name ? ON : ''),
      execute: ({ name }) => (name ? made.follow(String(name)) : made.toggle())
    });
    app.commands.addCommand(ASK, {
      label: ({ isPalette }) => {
        if (isPalette) {
          return made.asking ? words.askNoMore : words.askToFollowMore;
        }
        return made.asking ? words.allFollow(made.shown(made.asking)) : words.askToFollow;
      },
      caption: () => (made.asking ? words.askNoMore : words.askToFollowMore),
      isVisible: () => standing.tutor,
      isEnabled: () => standing.tutor,
      className: () => (made.asking ? ON : ''),
      execute: async () => {
        const body = JSON.stringify({ follow: made.asking === '' });
        try {
          await ask(settings, 'following', { method: 'PUT', body });
        } catch (error) {
          Notification.error(`${words.notAsked} ${error}`);
        }
      }
    });
    for (const command of [FOLLOW, ASK]) {
      palette?.addItem({ command, args: { isPalette: true }, category: words.classroom });
    }
    toolbars.addFactory('TopBar', BUTTON, () => made.makeButton());
    const take = (message: ServerMessage | undefined) => {
      if (message?.type === 'leading') {
        made.take(message);
      }
    };
    live.said.connect((_, message) => take(message));
    take(live.latest.get('leading'));
  }
};
