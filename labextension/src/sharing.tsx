/** The panel for sharing this lab: people, roles, ends. A guest sees only their own share. */

import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Dialog, showDialog } from '@jupyterlab/apputils';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ITranslator } from '@jupyterlab/translation';
import { ReactWidget, shareIcon } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import type * as React from 'react';
import { picture, unknown } from './faces';
import { travel } from './labs';
import { LinkForm } from './linkForm';
import { LinkList, lines, time } from './linkList';
import { ILive } from './live';
import { ShareForm } from './shareForm';
import {
  canBeShared,
  type ILink,
  type IMadeLink,
  type IShare,
  type IShares,
  type IWantedLink,
  type Role,
  SharesApi
} from './sharesApi';
import { type Texts, texts } from './texts';

/** How often the visible panel loads the current state. */
const AGAIN_MS = 5_000;

/**
 * Make a button in a person's row.
 *
 * @param words - the button's label.
 * @param says - its action and the person, for screen readers.
 * @param act - the action.
 */
function button(words: string, says: string, act: () => Promise<void>): React.ReactElement {
  return (
    <button type="button" className="jp-mod-styled" aria-label={says} onClick={() => void act()}>
      {words}
    </button>
  );
}

export class SharePanel extends ReactWidget {
  /**
   * @param api - the REST calls.
   * @param words - the texts to show.
   */
  constructor(
    private readonly api: SharesApi,
    private readonly words: Texts
  ) {
    super();
    this.id = 'classroom-share';
    this.addClass('classroom-People');
    this.title.icon = shareIcon;
    this.title.caption = words.shareLab;
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', words.shareLab);
    this.timer = window.setInterval(() => void this.look(), AGAIN_MS);
  }

  override dispose(): void {
    window.clearInterval(this.timer);
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this.look();
  }

  protected override render(): React.ReactElement {
    const { words } = this;
    return (
      <>
        <h2>{words.shareLab}</h2>
        {this.known?.may_share && (
          <ShareForm
            words={words}
            share={(name, terms) => this.attempt(() => this.api.share(name, terms))}
          />
        )}
        {this.known?.may_share && (
          <LinkForm words={words} make={(wanted) => this.makeLink(wanted)} />
        )}
        <div className="classroom-Share-status" role="status">
          {this.status}
        </div>
        {this.known && (this.known.may_share ? this.everybody(this.known) : this.own(this.known))}
        <LinkList
          words={words}
          links={this.links}
          takeBack={(id, guests) => this.attempt(() => this.api.takeBack(id, guests))}
        />
      </>
    );
  }

  /** Make the view of the owner and of tutors. */
  private everybody({ shares }: IShares): React.ReactElement {
    const { words } = this;
    return (
      <section aria-label={words.whoHasAccess}>
        <h2>{words.whoHasAccess}</h2>
        {shares.length === 0 && <p className="classroom-Share-none">{words.nobodyHasAccess}</p>}
        <ul>{shares.map((share) => this.row(share))}</ul>
      </section>
    );
  }

  private row(share: IShare): React.ReactElement {
    const { words } = this;
    const { name, role } = share;
    return (
      <li key={name} className="classroom-Person">
        {picture(unknown(name))}
        <div className="classroom-Person-name">
          {name}
          <span className="classroom-Person-standing">
            {role === 'edit' ? words.mayEdit : words.mayLook}
          </span>
          {share.here && <span className="classroom-Person-standing">{words.hereNow}</span>}
        </div>
        <div className="classroom-Person-place">{this.terms(share)}</div>
        <div className="classroom-Person-buttons">
          {role === 'edit'
            ? button(words.letOnlyLook, words.letPersonOnlyLook(name), () => this.let(name, 'view'))
            : button(words.letEdit, words.letPersonEdit(name), () => this.let(name, 'edit'))}
          {button(words.revoke, words.revokePerson(name), () => this.revoke(name))}
        </div>
      </li>
    );
  }

  /** Describe a share: its start and end, and whether the person has ever signed in. */
  private terms({ since, until, waits, link }: IShare): React.ReactElement[] {
    const { words } = this;
    const by = this.links.find(({ id }) => id === link);
    const parts = [
      waits ? words.waitsForSignIn : words.since(time(since)),
      until === null ? words.noEnd : words.until(time(until)),
      ...(by ? [words.byLink(time(by.since))] : [])
    ];
    return lines(parts);
  }

  /** Make the view of a guest: their own share. */
  private own({ shares: [share] }: IShares): React.ReactElement {
    const { words } = this;
    if (share === undefined) {
      return <p className="classroom-Share-none">{words.onlyOwnersShare}</p>;
    }
    return (
      <section aria-label={words.sharedWithYou}>
        <p className="classroom-Share-none">
          {share.role === 'edit' ? words.youMayEdit : words.youMayLook}
        </p>
        <div className="classroom-Share-none">{this.terms(share)}</div>
        <p className="classroom-Share-none">
          <button
            type="button"
            className="jp-mod-styled jp-mod-warn"
            onClick={() => void this.leave(share.name)}
          >
            {words.leaveLab}
          </button>
        </p>
      </section>
    );
  }

  private async let(name: string, role: Role): Promise<void> {
    await this.attempt(() => this.api.share(name, { role }));
  }

  private async revoke(name: string): Promise<void> {
    const { words } = this;
    const answer = await showDialog({
      title: words.revokePerson(name),
      body: words.revokeMeans(name),
      buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: words.revoke })]
    });
    if (answer.button.accept) {
      await this.attempt(() => this.api.revoke(name));
    }
  }

  private async leave(name: string): Promise<void> {
    const { words } = this;
    const answer = await showDialog({
      title: words.leaveLab,
      body: words.leaveMeans,
      buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: words.leaveLab })]
    });
    if (answer.button.accept && (await this.attempt(() => this.api.revoke(name), false))) {
      const prefix = PageConfig.getOption('hubPrefix');
      travel.to(PageConfig.getOption('hubHost') + URLExt.join(prefix, 'home'));
    }
  }

  /** Do something, then load the new state; show the error if it fails. */
  private async attempt(what: () => Promise<void>, again = true): Promise<boolean> {
    this.status = '';
    try {
      await what();
    } catch (error) {
      this.status = error instanceof Error ? error.message : String(error);
      this.update();
      return false;
    }
    if (again) {
      await this.look();
    }
    return true;
  }

  private async look(): Promise<void> {
    if (!this.isVisible || document.visibilityState === 'hidden') {
      return;
    }
    try {
      this.known = await this.api.list();
      this.links = this.known.may_share ? await this.api.links() : [];
      this.update();
    } catch (error) {
      console.warn('With whom the lab is shared could not be listed', error); // it tries again
    }
  }

  private async makeLink(wanted: IWantedLink): Promise<IMadeLink | null> {
    let made: IMadeLink | null = null;
    await this.attempt(async () => {
      made = await this.api.makeLink(wanted);
    });
    return made;
  }

  private known: IShares | null = null;
  private links: readonly ILink[] = [];
  private status = '';
  private readonly timer: number;
}

export const sharing: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:sharing',
  description: 'Shares a lab with people.',
  autoStart: true,
  requires: [ILive, ILabShell],
  optional: [ITranslator],
  activate: (
    { serviceManager: { serverSettings } }: JupyterFrontEnd,
    _: ILive,
    shell: ILabShell,
    translator: ITranslator | null
  ) => {
    if (canBeShared()) {
      const panel = new SharePanel(new SharesApi(serverSettings), texts(translator));
      shell.add(panel, 'left', { rank: 260, type: 'Classroom' });
    }
  }
};
