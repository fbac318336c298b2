/** The launcher's first section: documents that others have open, with faces; a click opens one. */

import { IGlobalAwareness } from '@jupyter/collaborative-drive';
import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { PathExt } from '@jupyterlab/coreutils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ITranslator } from '@jupyterlab/translation';
import { fileIcon, type LabIcon, ReactWidget } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import type * as React from 'react';
import { fullName, type IAwareness, type Known, known, picture, unknown } from './faces';
import { ILive } from './live';
import type { OpenMessage } from './pageMessages';
import { type Texts, texts } from './texts';

/** The id of JupyterLab's launchers, and the element with their sections. */
const LAUNCHER = 'jp-Launcher';
const SECTIONS = '.jp-Launcher-content';

/** A document that others have open. */
interface ICompany {
  /** The document's path, without a drive. */
  readonly path: string;
  readonly people: readonly Known[];
  /** How many more people have it open. */
  readonly more: number;
}

/**
 * List the documents that others have open.
 *
 * @param message - the classroom's message.
 * @param me - the name of the person at the page.
 * @param people - the people whom the page knows; of others it only knows the name.
 */
export function company(
  { documents }: OpenMessage,
  me: string,
  people: readonly Known[]
): ICompany[] {
  const by = new Map(people.map((one) => [one.name, one]));
  return documents
    .map(({ path, people, count }) => ({
      path,
      people: people.filter((name) => name !== me).map((name) => by.get(name) ?? unknown(name)),
      more: count - people.length
    }))
    .filter((one) => one.people.length > 0);
}

class OpenNow extends ReactWidget {
  /**
   * @param listed - returns the documents to show.
   * @param icon - returns a document's icon.
   * @param open - opens a document.
   * @param words - the texts to show.
   */
  constructor(
    private readonly listed: () => ICompany[],
    private readonly icon: (path: string) => LabIcon,
    private readonly open: (path: string) => void,
    private readonly words: Texts
  ) {
    super();
    this.addClass('classroom-Open');
    this.addClass('jp-Launcher-section');
  }

  protected override render(): React.ReactElement {
    const listed = this.listed();
    this.setHidden(listed.length === 0);
    return (
      <section aria-label={this.words.openNow}>
        <div className="jp-Launcher-sectionHeader">
          <h2 className="jp-Launcher-sectionTitle">{this.words.openNow}</h2>
        </div>
        <ul>{listed.map((one) => this.row(one))}</ul>
      </section>
    );
  }

  private row({ path, people, more }: ICompany): React.ReactElement {
    const { words } = this;
    const names = people.map(fullName);
    const all = more ? [...names, words.more(more)] : names;
    const label = words.join(path, all.join(', '));
    const { react: Icon } = this.icon(path);
    return (
      <li key={path}>
        <button
          type="button"
          className="classroom-Open-document"
          title={label}
          aria-label={label}
          onClick={() => this.open(path)}
        >
          <Icon tag="span" className="classroom-Open-icon" width="24px" />
          <span className="classroom-Open-name">{PathExt.basename(path)}</span>
          <span className="classroom-Open-folder">{PathExt.dirname(path)}</span>
          <span className="classroom-Open-faces">
            {people.map(picture)}
            {more > 0 && <span className="classroom-Open-more">+{more}</span>}
          </span>
        </button>
      </li>
    );
  }
}

export const openNow: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:open-now',
  description: 'Shows in the launcher which documents others have open.',
  autoStart: true,
  requires: [ILive, ILabShell, IDocumentManager, IDefaultFileBrowser],
  optional: [IGlobalAwareness, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    live: ILive,
    shell: ILabShell,
    documents: IDocumentManager,
    browser: IDefaultFileBrowser,
    awareness: IAwareness | null,
    translator: ITranslator | null
  ) => {
    const words = texts(translator);
    const { user } = app.serviceManager;
    const sections = new Map<Widget, OpenNow>();
    const listed = () => {
      const said = live.latest.get('open');
      return said?.type === 'open'
        ? company(said, user.identity?.username ?? '', known(awareness))
        : [];
    };
    const icon = (path: string) =>
      documents.registry.getFileTypesForPath(path)[0]?.icon ?? fileIcon;
    const open = (path: string) => {
      const drive = browser.model.driveName;
      documents.openOrReveal(drive ? `${drive}:${path}` : path);
    };

    /** Put the section into a launcher. */
    const furnish = (launcher: Widget) => {
      const section = new OpenNow(listed, icon, open, words);
      sections.set(launcher, section);
      const attach = () => {
        const place = launcher.node.querySelector<HTMLElement>(SECTIONS);
        if (place) {
          drawn.disconnect();
          Widget.attach(section, place, place.firstElementChild as HTMLElement | null);
        }
      };
      // React draws the launcher some time after JupyterLab has shown it.
      const drawn = new MutationObserver(attach);
      drawn.observe(launcher.node, { childList: true, subtree: true });
      launcher.disposed.connect(() => {
        drawn.disconnect();
        sections.delete(launcher);
        // React has removed its elements. Lumino can only detach a node that is in the page.
        document.body.append(section.node);
        section.dispose();
      });
      attach();
    };
    const look = () => {
      for (const widget of shell.widgets('main')) {
        const launcher = (widget as { content?: Widget }).content;
        if (launcher?.hasClass?.(LAUNCHER) && !sections.has(launcher)) {
          furnish(launcher);
        }
      }
    };
    const update = () => {
      for (const section of sections.values()) {
        section.update();
      }
    };
    live.said.connect((_, { type }) => type === 'open' && update());
    awareness?.on('change', update);
    shell.layoutModified.connect(look);
    look();
  }
};
