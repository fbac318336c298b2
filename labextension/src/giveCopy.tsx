/** Give copies: a person makes a link, and all who open it get a copy of a file or folder. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import {
  Clipboard,
  Dialog,
  ICommandPalette,
  Notification,
  ReactWidget,
  showDialog
} from '@jupyterlab/apputils';
import { PageConfig, PathExt, URLExt } from '@jupyterlab/coreutils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import type { ServerConnection } from '@jupyterlab/services';
import { ITranslator } from '@jupyterlab/translation';
import { HTMLSelect } from '@jupyterlab/ui-components';
import type * as React from 'react';
import { ask } from './api';
import { DAY_SECONDS, HOUR_SECONDS } from './shareForm';
import { type Texts, texts } from './texts';

const GIVE = 'classroom:give-copy';
const MINE = 'classroom:my-links';
/** The id of the choice, for its label. */
const LIFE = 'classroom-GiveCopy-life';

/** A new link, which is shown only once (`docs/openapi.yaml`). */
export interface ICopyLink {
  readonly address: string;
  /** The address as a QR code, in SVG. */
  readonly picture: string;
}

/**
 * Make a link.
 *
 * @param path - the path of the file or folder, without a drive.
 * @param seconds - how long the link works.
 * @throws ServerConnection.ResponseError with the server's sentence if it rejects the request.
 */
async function make(
  settings: ServerConnection.ISettings,
  path: string,
  seconds: number
): Promise<ICopyLink> {
  const init = { method: 'POST', body: JSON.stringify({ path, seconds }) };
  return await (await ask(settings, 'copies', init)).json();
}

/** The dialog's choice of how long a link works. */
class Life extends ReactWidget implements Dialog.IBodyWidget<number> {
  constructor(private readonly words: Texts) {
    super();
    this.addClass('classroom-GiveCopy');
  }

  getValue(): number {
    return this.seconds;
  }

  protected override render(): React.ReactElement {
    const { words } = this;
    return (
      <>
        <p>{words.giveCopyMeans}</p>
        <label htmlFor={LIFE}>
          {words.linkWorks}
          <HTMLSelect
            id={LIFE}
            value={this.seconds}
            options={[
              { value: HOUR_SECONDS, label: words.anHour },
              { value: DAY_SECONDS, label: words.aDay },
              { value: 7 * DAY_SECONDS, label: words.aWeek }
            ]}
            onChange={({ target }) => {
              this.seconds = Number(target.value);
              this.update();
            }}
          />
        </label>
      </>
    );
  }

  private seconds = DAY_SECONDS;
}

/** The dialog that shows a new link. */
class Made extends ReactWidget {
  constructor(
    private readonly link: ICopyLink,
    private readonly copied: boolean,
    private readonly words: Texts
  ) {
    super();
    this.addClass('classroom-GiveCopy');
  }

  protected override render(): React.ReactElement {
    const { words, link } = this;
    return (
      <>
        <p role="status">{this.copied ? words.linkToCopyCopied : words.copyByHand}</p>
        <label>
          {words.newLink}
          <input
            className="jp-mod-styled"
            type="text"
            readOnly
            value={link.address}
            onFocus={({ target }) => target.select()}
          />
        </label>
        <img
          className="classroom-Share-code"
          src={`data:image/svg+xml,${encodeURIComponent(link.picture)}`}
          alt={words.linkAsPicture}
        />
        <p>{words.shownOnce}</p>
        <p>{words.whereLinksAre}</p>
      </>
    );
  }
}

/** Copy a text to the clipboard; return whether that worked. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    try {
      Clipboard.copyToSystem(text);
    } catch {
      return false;
    }
  }
  return true;
}

/** Ask how long the link should work, make it, copy it and show it. */
async function give(
  settings: ServerConnection.ISettings,
  path: string,
  words: Texts
): Promise<void> {
  const title = words.linkToCopyOf(PathExt.basename(path));
  const { button, value } = await showDialog({
    title,
    body: new Life(words),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: words.copyLinkNow })],
    focusNodeSelector: `#${LIFE}`
  });
  if (!button.accept || value === null) {
    return;
  }
  const link = await make(settings, path, value);
  const copied = await copyText(link.address);
  await showDialog({
    title,
    body: new Made(link, copied, words),
    buttons: [Dialog.okButton({ label: words.closeLink })],
    focusNodeSelector: '.classroom-GiveCopy input'
  });
}

export const givingCopies: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:give-copy',
  description: 'Makes links to copies of files and folders.',
  autoStart: true,
  requires: [IDefaultFileBrowser],
  optional: [ICommandPalette, ITranslator],
  activate: (
    { commands, contextMenu, serviceManager }: JupyterFrontEnd,
    browser: IDefaultFileBrowser,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    if (!PageConfig.getOption('classroomLive')) {
      return; // another server, such as one of a tutor's own spawner
    }
    const words = texts(translator);
    commands.addCommand(GIVE, {
      label: words.giveCopy,
      caption: words.giveCopyMore,
      isEnabled: () => [...browser.selectedItems()].length <= 1,
      execute: async () => {
        const chosen = browser.selectedItems().next().value?.path ?? '';
        const path = serviceManager.contents.localPath(chosen);
        if (!path) {
          Notification.info(words.chooseWhatToGive, { autoClose: 6000 });
          return;
        }
        await give(serviceManager.serverSettings, path, words).catch((error: Error) =>
          Notification.error(error.message, { autoClose: false })
        );
      }
    });
    commands.addCommand(MINE, {
      label: words.myLinks,
      caption: words.myLinksMore,
      execute: () => {
        const page = URLExt.join(PageConfig.getOption('hubPrefix'), 'my-links');
        window.open(PageConfig.getOption('hubHost') + page, '_blank', 'noopener');
      }
    });
    contextMenu.addItem({
      command: GIVE,
      selector: '.jp-DirListing-item[data-isdir]',
      rank: 60
    });
    for (const command of [GIVE, MINE]) {
      palette?.addItem({ command, category: words.classroom });
    }
  }
};
